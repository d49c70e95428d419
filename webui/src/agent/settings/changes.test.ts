import { expect, test } from "vitest";
import { changesOf } from "./changes";

test("only what differs is a change, an emptied field too", () => {
  const before = { name: "Desk", seconds: 30 as number | null, phone: "+420123456789" as string | null };
  expect(changesOf(before, { ...before })).toEqual({});
  expect(changesOf(before, { ...before, seconds: null, phone: "+43512000000" })).toEqual({
    seconds: null,
    phone: "+43512000000",
  });
});

test("what was typed goes on top of what somebody else saved meanwhile, and takes nothing of theirs back", () => {
  const seen = { name: "Desk", days: 7 };
  const theirs = { name: "Front desk", days: 7 };
  expect({ ...theirs, ...changesOf(seen, { name: "Desk", days: 9 }) }).toEqual({ name: "Front desk", days: 9 });
});
