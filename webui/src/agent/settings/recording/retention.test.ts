import { expect, test } from "vitest";
import { daysOf, fieldsOf, keptText, type Kept } from "./retention";

test.each<[Kept, number | null, string]>([
  [undefined, 90, "90 days, as usual"],
  [90, 90, "90 days, as usual"],
  [1, 1, "1 day"],
  [7, 7, "7 days"],
  [null, null, "For ever"],
])("what is kept for %s days is shown, and saved as it stands as %s", (kept, saved, words) => {
  expect(daysOf(fieldsOf(kept, 90), 90)).toBe(saved);
  expect(keptText(kept, 90)).toBe(words);
});

test("the usual days are an empty field, and for ever is none", () => {
  expect(fieldsOf(90, 90)).toEqual({ days: null, forever: false });
  expect(fieldsOf(null, 90)).toEqual({ days: null, forever: true });
  expect(daysOf({ days: 7, forever: true }, 90)).toBeNull();
});
