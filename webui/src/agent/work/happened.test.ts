import { expect, test } from "vitest";
import type { Actor } from "../../lib/api/types";
import type { Happened } from "./blocks";
import { tell } from "./happened";

const ana: Actor = { kind: "agent", id: "user_1", name: "Ana" };
const base = { number: 1, at: "2026-11-22T10:00:00Z", conversation_id: "conv_1", actor: ana };
const text = (entry: Happened): string => tell(entry).text;

test("a call begins with its direction and ends with who ended it and how long it was (EVT-01, EVT-04)", () => {
  expect(text({ ...base, type: "call_started", call_id: "c", direction: "inbound", media: "video" })).toBe(
    "Incoming video call",
  );
  const ended = { ...base, type: "call_ended", call_id: "c", waited_seconds: 12 } as const;
  expect(text({ ...ended, by: "customer", reason: "hung_up", talked_seconds: 65 })).toMatch(
    /^Ended by the customer · 1 mins? 5 secs? of talk$/,
  );
  expect(text({ ...ended, by: "customer", reason: "abandoned", talked_seconds: null })).toMatch(
    /^The customer left before an answer · waited 12 secs?$/,
  );
});

test("an answer names the agent and the wait (EVT-02)", () => {
  const agent = { id: "user_1", name: "Ana" };
  expect(text({ ...base, type: "call_answered", call_id: "c", agent, waited_seconds: 7 })).toMatch(
    /^Ana answered after 7 secs?$/,
  );
});

test("a change names who made it, the old value and the new one (LOG-01)", () => {
  expect(text({ ...base, type: "change", field: "status", old: "open", new: "solved" })).toBe(
    "Ana changed the status from Open to Solved",
  );
  const system: Actor = { kind: "automation", id: null, name: "" };
  expect(text({ ...base, actor: system, type: "change", field: "assignee", old: null, new: "Ana" })).toBe(
    "The system assigned it to Ana",
  );
});

test("a transfer names who, to whom, and how long the call has been talked (EVT-03)", () => {
  const ben = { id: "user_2", name: "Ben" };
  expect(text({ ...base, type: "call_transferred", call_id: "c", agent: ben, talked_seconds: 65 })).toMatch(
    /^Ana transferred the call to Ben after 1 mins? 5 secs? of talk$/,
  );
});

test("a hold says how long it was, and a supervisor's part what it was (PLUS-20, PLUS-21)", () => {
  const agent = { id: "user_1", name: "Ana" };
  const resumed = { ...base, type: "call_step", call_id: "c", step: "resumed", agent, seconds: 7 } as const;
  expect(text(resumed)).toMatch(/^Ana took the customer back after 7 secs? on hold$/);
  const sue: Actor = { kind: "supervisor", id: "user_3", name: "Sue" };
  const observed = { ...base, actor: sue, type: "call_observed", call_id: "c", agent } as const;
  expect(text({ ...observed, mode: "whisper" })).toBe("Sue whispers to Ana");
  expect(text({ ...observed, mode: null })).toBe("Sue left the call of Ana");
});

test("a wrap-up tells how the call ended, where the agent chose that, and what he wrote (WRAP-01)", () => {
  const agent = { id: "user_1", name: "Ana" };
  const wrapped = { ...base, type: "call_wrapped", call_id: "c", agent, summary: "Wants the form." } as const;
  expect(tell({ ...wrapped, disposition: { id: "dsp_1", name: "Sale" } })).toMatchObject({
    text: "Ana finished the wrap-up: Sale",
    detail: "Wants the form.",
  });
  expect(text({ ...wrapped, disposition: null })).toBe("Ana finished the wrap-up");
});

test("a message says how long it is (PLUS-12)", () => {
  const left = { ...base, type: "message_left", call_id: "c", recording_id: "msg_1", seconds: 65 } as const;
  expect(tell(left)).toMatchObject({ icon: "message" });
  expect(text(left)).toMatch(/^The customer left a message: 1 mins? 5 secs?$/);
});
