import type { WallboardFigures } from "../../lib/api/types";

/** How good a figure is: the colour goes with a word, and is never alone. */
export type Tone = "good" | "fair" | "poor" | "none";

/** Percentage points below the goal that are just below it. */
const NEARLY = 10;
/** A wait of this many times the goal is too long. */
const TOO_LONG = 3;
const USUAL_TARGET_SECONDS = 20;
const USUAL_TARGET_PERCENT = 80;

/** Judges a service level, a share from 0 to 1, by the goal in percent. */
export function levelTone(share: number | null, { target_percent }: WallboardFigures): Tone {
  if (share === null) return "none";
  const goal = target_percent ?? USUAL_TARGET_PERCENT;
  const percent = share * 100;
  return percent >= goal ? "good" : percent >= goal - NEARLY ? "fair" : "poor";
}

/** Judges how long the caller has waited who waits longest, in seconds; null when nobody waits. */
export function waitTone(seconds: number | null, { target_seconds }: WallboardFigures): Tone {
  if (seconds === null) return "none";
  const goal = target_seconds ?? USUAL_TARGET_SECONDS;
  return seconds <= goal ? "good" : seconds <= goal * TOO_LONG ? "fair" : "poor";
}

/** Returns a share as whole percents, rounded down: a goal that is missed must not look met. */
export function percentOf(share: number | null): number | null {
  return share === null ? null : Math.floor(share * 100 + 1e-9);
}
