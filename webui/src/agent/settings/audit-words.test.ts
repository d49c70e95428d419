import { expect, test } from "vitest";
import { fieldText, subjectText, valueText } from "./audit-words";

test("known kinds and fields have their own words, others are made readable", () => {
  expect(subjectText("call_link")).toBe("Call link");
  expect(subjectText("waiting_room")).toBe("Waiting room");
  expect(fieldText("wrap_up_seconds")).toBe("Wrap-up");
  expect(fieldText("ring_tone")).toBe("Ring tone");
});

test.each([
  ["wrap_up_seconds", 1, "1 second"],
  ["link_days", 3, "3"],
  ["disabled", true, "Yes"],
  ["roles", ["agent", "supervisor"], "Agent, Supervisor"],
  ["members", [], "None"],
  ["ends_at", null, "None"],
  ["name", "Desk", "Desk"],
  ["password", "given_out", "A new one was given out"],
  ["levels", { Ana: 1, Ben: 2 }, "Ana: 1; Ben: 2"],
])("the value of %s, %o, reads %s", (field, value, words) => {
  expect(valueText(field, value)).toBe(words);
});
