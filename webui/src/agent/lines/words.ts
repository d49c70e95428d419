import type { LegQuality, MeasuredLeg } from "../../lib/api/types";
import { locale, t } from "../text";

export type Grade = "good" | "fair" | "poor";

export interface Verdict {
  grade: Grade;
  /** What makes it worse than good, in words. */
  cause: string;
}

const LOSS = { fair: 0.02, poor: 0.05 };
const ROUND_TRIP_MS = { fair: 300, poor: 600 };
/** Below 3.6 many listeners are dissatisfied, below 3.1 nearly all (ITU-T G.107, annex B). */
const OPINION = { fair: 3.6, poor: 3.1 };
const RANK: Readonly<Record<Grade, number>> = { good: 0, fair: 1, poor: 2 };

/** Judges a line by its worse direction; null when nothing was there to measure. */
export function judge({ up, down, round_trip_ms }: LegQuality): Verdict | null {
  const loss = most(up.loss, down.loss);
  const opinion = least(up.mos, down.mos);
  if (loss === null && opinion === null && round_trip_ms === null) return null;
  const byLoss = above(loss, LOSS);
  const byDelay = above(round_trip_ms, ROUND_TRIP_MS);
  const bySound = opinion === null ? "good" : above(-opinion, { fair: -OPINION.fair, poor: -OPINION.poor });
  const causes: [Grade, string][] = [
    [byLoss, t("line.cause.loss", { share: share(loss ?? 0) })],
    [byDelay, t("line.cause.delay", { time: milliseconds(round_trip_ms ?? 0) })],
    [bySound, t("line.cause.sound")],
  ];
  const [grade, cause] = causes.reduce((worst, next) => (RANK[next[0]] > RANK[worst[0]] ? next : worst));
  return { grade, cause: grade === "good" ? "" : cause };
}

/** Says how both lines are now, the worse one first; null while nothing is known. */
export function linesNow(mine: LegQuality | null, theirs: LegQuality | null): { grade: Grade; text: string } | null {
  const own = mine && judge(mine);
  const other = theirs && judge(theirs);
  if (!own && !other) return null;
  const worse = other && (!own || RANK[other.grade] > RANK[own.grade]) ? other : own;
  if (!worse || worse.grade === "good") return { grade: "good", text: t("line.good") };
  const side = worse === other ? "theirs" : "mine";
  return { grade: worse.grade, text: t(`line.${side}.${worse.grade}`, { cause: worse.cause }) };
}

/** Says how the lines of a call were; null when nothing was measured. */
export function linesThen(legs: readonly MeasuredLeg[]): string | null {
  const judged = legs.flatMap((leg) => {
    const verdict = judge(leg.average);
    return verdict ? [{ name: whose(leg), ...verdict }] : [];
  });
  if (judged.length === 0) return null;
  judged.sort((a, b) => RANK[b.grade] - RANK[a.grade]);
  const bad = judged.flatMap(({ name, grade, cause }) =>
    grade === "good" ? [] : [t(`line.was.${grade}`, { name, cause })],
  );
  return bad.length === 0 ? t("line.good") : bad.join(" · ");
}

/** Says whose leg it was: of agents by name, since a call may have had several. */
export function whose({ agent, role }: MeasuredLeg): string {
  return agent?.name || t(`line.of.${role}`);
}

/** Writes a share, such as 7 %. */
export function share(value: number): string {
  const digits = value < 0.095 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(value);
}

export function milliseconds(value: number): string {
  return new Intl.NumberFormat(locale, { style: "unit", unit: "millisecond", maximumFractionDigits: 0 }).format(value);
}

/** Writes a bit rate, such as 48 kb/s or 1.2 Mb/s. */
export function bitRate(bits: number): string {
  const [value, unit] = bits >= 1_000_000 ? [bits / 1_000_000, "megabit"] : [bits / 1000, "kilobit"];
  const digits = unit === "megabit" ? 1 : 0;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: `${unit}-per-second`,
    maximumFractionDigits: digits,
  }).format(value);
}

export function opinion(value: number): string {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
}

export function most(...values: readonly (number | null)[]): number | null {
  return values.reduce((before, value) => (value === null ? before : Math.max(value, before ?? value)), null);
}

export function least(...values: readonly (number | null)[]): number | null {
  return values.reduce((before, value) => (value === null ? before : Math.min(value, before ?? value)), null);
}

function above(value: number | null, limits: { fair: number; poor: number }): Grade {
  if (value === null || value < limits.fair) return "good";
  return value < limits.poor ? "fair" : "poor";
}
