import { expect, test } from "vitest";
import type { Settings, User } from "../../../lib/api/types";
import { capacityText, wrapUpHint, wrapUpText } from "./words";

const CENTRE = { wrap_up_seconds: 30 } as Settings;

test.each([
  [null, CENTRE, "30 seconds, the centre's"],
  [null, null, "The centre's"],
  [45, CENTRE, "45 seconds"],
  [0, CENTRE, "None"],
])("a wrap-up of %s in a centre with %o reads %s", (wrap_up_seconds, centre, words) => {
  expect(wrapUpText({ wrap_up_seconds } as User, centre)).toBe(words);
});

test.each([
  [null, "5, as usual"],
  [1, "1 at a time"],
  [0, "None"],
])("a text capacity of %s reads %s", (text_capacity, words) => {
  expect(capacityText({ text_capacity } as User)).toBe(words);
});

test("the hint says what an empty wrap-up would be", () => {
  expect(wrapUpHint(CENTRE)).toBe("Empty: the centre's 30 seconds. 0: none.");
});
