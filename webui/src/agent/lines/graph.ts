import type { CallQuality, LegQuality } from "../../lib/api/types";
import { t } from "../text";
import { least, opinion } from "./words";

/** What a minute holds: the server tells of the lines every 2 s. */
export const POINTS = 30;
/** The range of an opinion score that is drawn. */
const RANGE = { low: 1, high: 4.5 };

/** Returns what listeners would say of a line's voice, by its worse direction; null where nothing was measured. */
export function score(line: LegQuality | null): number | null {
  return line && least(line.up.mos, line.down.mos);
}

/**
 * Returns the path of an SVG line through the scores, the latest at the right edge of `width`, a perfect one at the top
 * of `height`. Where nothing was measured the line has a gap.
 */
export function pathOf(scores: readonly (number | null)[], width: number, height: number): string {
  const step = width / (POINTS - 1);
  const parts: string[] = [];
  let drawing = false;
  scores.forEach((value, index) => {
    if (value !== null) {
      const x = width - (scores.length - 1 - index) * step;
      const y = height * (1 - (value - RANGE.low) / (RANGE.high - RANGE.low));
      parts.push(`${drawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`);
    }
    drawing = value !== null;
  });
  return parts.join("");
}

/** Says in words what the graph shows. */
export function graphInWords(minute: readonly CallQuality[]): string {
  const side = (key: "line.graph.mine" | "line.graph.theirs", scores: (number | null)[]): string[] => {
    const known = scores.filter((value) => value !== null);
    if (known.length === 0) return [];
    return [t(key, { low: opinion(Math.min(...known)), high: opinion(Math.max(...known)) })];
  };
  const sides = [
    ...side(
      "line.graph.mine",
      minute.map(({ mine }) => score(mine)),
    ),
    ...side(
      "line.graph.theirs",
      minute.map(({ theirs }) => score(theirs)),
    ),
  ];
  return sides.length === 0 ? t("line.graph.nothing") : `${t("line.graph.title")}: ${sides.join("; ")}`;
}
