import { expect, test } from "vitest";
import { fieldText, subjectText, valueText, usedText } from "./audit-words";

test("a use is said as what somebody did, also one of a newer server as a change", () => {
  expect(usedText({ fields: [{ name: "used", old: null, new: "listened" }] })).toBe("listened to");
  expect(usedText({ fields: [{ name: "used", old: null, new: "danced" }] })).toBeNull();
  expect(usedText({ fields: [{ name: "name", old: "a", new: "b" }] })).toBeNull();
});

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
  ["name", "chosen", "chosen"],
  ["name", "agent", "agent"],
  ["order", "ring_all", "Ring all"],
  ["kind", "one_time", "One-time"],
  ["group", "unavailable", "Unavailable"],
  ["place", 0, "1"],
  ["disposition_mode", "off", "Not asked"],
  ["misses_before_away", 0, "Never"],
  ["misses_before_away", 3, "3"],
  ["wrap_up_seconds", null, "The centre's"],
  ["wrap_up_cap_seconds", null, "No limit"],
  ["text_capacity", null, "As usual"],
  ["phone", null, "None"],
  ["greeting", { on: false, source: null }, "Off"],
  ["music", { on: true, source: { sound: "Piano" } }, "On: the sound Piano"],
  [
    "announcements",
    { on: true, sources: [{ text: "Please wait.", voice: ["en-us", "f3", 150] }] },
    "On: “Please wait.” (American English, Woman 3, 150 words a minute)",
  ],
  ["places", { on: true, voice: ["x_y", "", 160] }, "On: x_y, The language's own, 160 words a minute"],
  ["gap_seconds", 45, "45 seconds"],
  ["levels", { Ana: 1, Ben: 2 }, "Ana: 1; Ben: 2"],
])("the value of %s, %o, reads %s", (field, value, words) => {
  expect(valueText(field, value)).toBe(words);
});
