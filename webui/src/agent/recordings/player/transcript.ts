import type { TranscriptLine } from "../../../lib/api/types";

/** Where in a transcript a moment is: the last line that has begun by then, -1 before the first. */
export function lineAt(lines: readonly Pick<TranscriptLine, "at_seconds">[], time: number): number {
  let [from, to] = [0, lines.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((lines[middle]?.at_seconds ?? Infinity) <= time) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}
