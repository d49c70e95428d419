import { expect, test } from "vitest";
import { lineAt } from "./transcript";

test.each([
  [0, -1],
  [0.9, -1],
  [1, 0],
  [3.9, 0],
  [4, 2],
  [99, 3],
])("at %s seconds the line that is said is number %s; of two at once the later one", (time, index) => {
  expect(
    lineAt(
      [1, 4, 4, 9].map((at_seconds) => ({ at_seconds })),
      time,
    ),
  ).toBe(index);
});

test("no lines have none that is said", () => {
  expect(lineAt([], 5)).toBe(-1);
});
