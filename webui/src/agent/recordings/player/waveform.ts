/** The picture under the player: how loud each voice is over time. */

/** What the server keeps of it: peaks of both voices, from 0 to `loudest`. */
export interface Peaks {
  per_second: number;
  loudest: number;
  customer: number[];
  agent: number[];
}

/** Puts peaks together until there are at most `most`, each as loud as its loudest part, from 0 to 1. */
export function columnsOf(peaks: readonly number[], loudest: number, most: number): number[] {
  const count = Math.min(most, peaks.length);
  return Array.from({ length: count }, (_, column) => {
    const [from, to] = [column, column + 1].map((edge) => Math.floor((edge * peaks.length) / count));
    return Math.max(0, ...peaks.slice(from, to)) / loudest;
  });
}

/** Draws columns as one path, a bar each, around a middle line; silence is a thin line. */
export function barsOf(columns: readonly number[], middle: number, height: number): string {
  return columns
    .map((loudness, column) => {
      // A voice is loud for moments only: the root shows the quiet parts too.
      const half = Math.max(0.5, (Math.sqrt(loudness) * height) / 2);
      return `M${column + 0.15} ${round(middle - half)}h0.7v${round(2 * half)}h-0.7z`;
    })
    .join("");
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Where a key moves to on the time line, null when it is none of its keys. */
export function movedBy(key: string, time: number, seconds: number): number | null {
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return Math.min(seconds, time + 5);
    case "ArrowLeft":
    case "ArrowDown":
      return Math.max(0, time - 5);
    case "PageUp":
      return Math.min(seconds, time + 30);
    case "PageDown":
      return Math.max(0, time - 30);
    case "Home":
      return 0;
    case "End":
      return seconds;
    default:
      return null;
  }
}
