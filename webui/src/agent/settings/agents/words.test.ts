import { expect, test } from "vitest";
import type { Settings, User } from "../../../lib/api/types";
import { capacityText, wrapUpHint, wrapUpText } from "./words";

const CENTRE = { wrap_up_seconds: 30 } as Settings;

test.each([
  [null, "30 seconds, the centre's"],
  [45, "45 seconds"],
  [0, "None"],
])("a wrap-up of %s, in a centre with 30 seconds, reads %s", (wrap_up_seconds, words) => {
  expect(wrapUpText({ wrap_up_seconds } as User, CENTRE)).toBe(words);
});

test.each([
  [null, "5, as usual"],
  [1, "1"],
  [0, "None"],
])("a text capacity of %s reads %s", (text_capacity, words) => {
  expect(capacityText({ text_capacity } as User)).toBe(words);
});

test("the hint says what an empty wrap-up would be", () => {
  expect(wrapUpHint(CENTRE)).toBe("Empty: the centre's 30 seconds. 0: none.");
});
