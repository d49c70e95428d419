/** A period that somebody chose by its first and last day, as date fields write them; empty is open. */
export interface Days {
  from: string;
  to: string;
}

/** Returns the instants between which the days lie in the reader's own zone; the end is the midnight after the last. */
export function instantsOf({ from, to }: Days): { since?: string; until?: string } {
  const since = midnight(from, 0);
  const until = midnight(to, 1);
  return { ...(since && { since }), ...(until && { until }) };
}

function midnight(day: string, later: number): string | null {
  const [year, month, date] = day.split("-").map(Number);
  if (year === undefined || month === undefined || date === undefined) return null;
  return new Date(year, month - 1, date + later).toISOString();
}

export const PERIODS = ["today", "yesterday", "week"] as const;
export type Period = (typeof PERIODS)[number];

/** Returns the days of a period that has a name; a week is the seven days up to today. */
export function daysOf(period: Period, now: number): Days {
  const today = dayBefore(now, 0);
  switch (period) {
    case "today":
      return { from: today, to: today };
    case "yesterday":
      return { from: dayBefore(now, 1), to: dayBefore(now, 1) };
    case "week":
      return { from: dayBefore(now, 6), to: today };
  }
}

function dayBefore(now: number, days: number): string {
  const date = new Date(now);
  date.setDate(date.getDate() - days);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, "0")).join("-");
}
