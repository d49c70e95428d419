import { expect, test } from "vitest";
import type { WallboardFigures } from "../../lib/api/types";
import { levelTone, percentOf, waitTone } from "./thresholds";

const goal = (percent: number | null, seconds: number | null) =>
  ({ target_percent: percent, target_seconds: seconds }) as WallboardFigures;

test.each([
  [1, "good"],
  [0.8, "good"],
  [0.79, "fair"],
  [0.7, "fair"],
  [0.69, "poor"],
  [0, "poor"],
  [null, "none"],
] as const)("a service level of %s with a goal of 80 %% is %s", (share, tone) => {
  expect(levelTone(share, goal(80, 20))).toBe(tone);
});

test.each([
  [0, "good"],
  [30, "good"],
  [31, "fair"],
  [90, "fair"],
  [91, "poor"],
  [null, "none"],
] as const)("a wait of %s s with a goal of 30 s is %s", (seconds, tone) => {
  expect(waitTone(seconds, goal(80, 30))).toBe(tone);
});

test("queues that do not agree on a goal are judged by the usual one", () => {
  expect(levelTone(0.8, goal(null, null))).toBe("good");
  expect(waitTone(61, goal(null, null))).toBe("poor");
});

test("percents are rounded down", () => {
  expect([percentOf(0.7999), percentOf(0.29), percentOf(1), percentOf(null)]).toEqual([79, 29, 100, null]);
});
