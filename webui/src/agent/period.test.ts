import { expect, test } from "vitest";
import { instantsOf } from "./period";

test("a period lasts from the first midnight to the one after its last day", () => {
  const got = instantsOf({ from: "2026-11-01", to: "2026-11-30" });
  expect(got).toEqual({
    since: new Date(2026, 10, 1).toISOString(),
    until: new Date(2026, 11, 1).toISOString(),
  });
});

test("a day that is not chosen leaves the period open", () => {
  expect(instantsOf({ from: "", to: "" })).toEqual({});
});
