import { expect, test } from "vitest";
import type { AgentState } from "../../lib/api/types";
import { agoText, whyNoCall, whyNotNext } from "./words";

const me: AgentState = {
  id: "user_1",
  name: "Ana",
  status: "active",
  status_name: "Active",
  group: "available",
  reason: null,
  since: "2026-11-22T10:00:00Z",
  then: null,
  state: "idle",
  load: null,
  reachable: true,
  sound: "ready",
};

test("nothing is in the way of an agent who is free and Available", () => {
  expect(whyNoCall(me)).toBeNull();
  expect(whyNotNext(me)).toBeNull();
});

test("who is Busy may call back but takes no caller from a queue (AST-08, ASG-06)", () => {
  const busy: AgentState = { ...me, status: "busy", status_name: "Busy", group: "busy" };
  expect(whyNoCall(busy)).toBeNull();
  expect(whyNotNext(busy)).toBe("You get callers only while you are Available.");
});

test("a call, a wrap-up, being Offline and having no sound are each named as what is in the way (CALL-02, CALL-04)", () => {
  expect(whyNotNext({ ...me, state: "in_call" })).toMatch(/in a call/);
  expect(whyNoCall({ ...me, state: "wrapping" })).toMatch(/wrap-up/);
  expect(whyNoCall({ ...me, group: "unavailable" })).toMatch(/Offline/);
  expect(whyNoCall({ ...me, sound: "blocked" })).toMatch(/sound/);
});

test("how long ago is said by the minute", () => {
  const at = "2026-11-22T10:00:00Z";
  expect(agoText(at, Date.parse("2026-11-22T10:00:59Z"))).toBe("just now");
  expect(agoText(at, Date.parse("2026-11-22T10:04:50Z"))).toMatch(/^4 mins? ago$/);
});
