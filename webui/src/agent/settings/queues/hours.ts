/** Working hours as the week editor shows them. A span is in minutes after the midnight of its day. */

import type { Opening, Span, WorkingHours } from "../../../lib/api/types";
import { timeOfDay } from "../../../lib/i18n/format";
import { locale, t } from "../../text";

export const DAY = 1440;

const NINE_TO_FIVE: readonly Span[] = [{ start: 9 * 60, end: 17 * 60 }];

/** Monday first. */
export const DAYS: readonly string[] = weekdays("long");
export const SHORT_DAYS: readonly string[] = weekdays("short");

/** What the hours are when somebody first gives a queue some: weekdays from nine to five, where he is. */
export function firstHours(): WorkingHours {
  const week = DAYS.map((_, day) => (day < 5 ? NINE_TO_FIVE.map((span) => ({ ...span })) : []));
  return { zone: Intl.DateTimeFormat().resolvedOptions().timeZone, week, holidays: [] };
}

/** Returns the time of day as a time field wants it, such as `08:30`; the midnight that ends a day is `00:00`. */
export function clock(minutes: number): string {
  const [hour, minute] = [Math.floor((minutes % DAY) / 60), minutes % 60];
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

/** Reads the value of a time field; null while it is empty. */
export function minutesOf(text: string): number | null {
  const parts = /^(\d\d):(\d\d)/.exec(text);
  return parts ? Number(parts[1]) * 60 + Number(parts[2]) : null;
}

/** Returns a span between two times of day; one that does not end later on its day ends on the next. */
export function spanBetween(start: number, end: number): Span {
  return { start, end: end > start ? end : end + DAY };
}

/** Says whether a span ends after the midnight of its day. */
export const overnight = (span: Span): boolean => span.end > DAY;

/** Returns an opening to add to a day: after its last one, or nine to five. */
export function nextSpan(spans: readonly Span[]): Span {
  const last = spans.at(-1);
  if (last === undefined) return { start: 9 * 60, end: 17 * 60 };
  const start = Math.min(last.end + 60, DAY - 60);
  return { start, end: Math.min(start + 120, DAY) };
}

/** Says in the reader's zone whether it is open and when that changes. */
export function openingText(opening: Opening, now: number = Date.now()): string {
  const word = opening.open ? "open" : "closed";
  if (opening.changes_at === null) return t(`queues.now.${word}`);
  return t(`queues.now.${word}_until`, { time: whenText(opening.changes_at, now) });
}

function whenText(at: string, now: number): string {
  const date = new Date(at);
  const days = Math.round((midnight(date) - midnight(new Date(now))) / 86_400_000);
  const time = timeOfDay(at, locale);
  if (days === 0) return time;
  const day =
    days < 7
      ? date.toLocaleDateString(locale, { weekday: "long" })
      : date.toLocaleDateString(locale, { weekday: "short", day: "numeric", month: "short" });
  return `${day} ${time}`;
}

function midnight(date: Date): number {
  return new Date(date).setHours(0, 0, 0, 0);
}

function weekdays(weekday: "long" | "short"): string[] {
  // 5 January 2026 is a Monday.
  return [...Array(7).keys()].map((day) => new Date(2026, 0, 5 + day).toLocaleDateString(locale, { weekday }));
}
