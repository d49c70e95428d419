import { expect, test } from "vitest";
import { daysOf, instantsOf } from "./period";

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

test("a named period is counted back over the ends of months, as the calendar of the reader has them", () => {
  const now = new Date(2026, 2, 1, 0, 5).getTime();
  expect(daysOf("today", now)).toEqual({ from: "2026-03-01", to: "2026-03-01" });
  expect(daysOf("yesterday", now)).toEqual({ from: "2026-02-28", to: "2026-02-28" });
  expect(daysOf("week", now)).toEqual({ from: "2026-02-23", to: "2026-03-01" });
});
