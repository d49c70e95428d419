import { expect, test } from "vitest";
import type { PanelCall } from "../../lib/api/types";
import { askedWords } from "../ringing/words";
import { callWords, observersWords, ringsFor } from "./words";

const now = Date.parse("2026-11-22T10:00:00Z");
const call: PanelCall = {
  id: "call_1",
  media: "audio",
  direction: "inbound",
  phase: "talking",
  conversation_id: "conv_1",
  customer: { id: "cust_1", name: "Otto", address: null, city: null, country: null },
  queue: { id: "queue_1", name: "Support" },
  link_label: null,
  waiting_since: "2026-11-22T09:59:00Z",
  last_summary: null,
  reservation: null,
  asked_by: null,
  callback_at: null,
  talk: {
    agent: { id: "user_1", name: "Ana" },
    since: "2026-11-22T09:59:30Z",
    held_at: null,
    consult: null,
    observers: [],
    recorded: null,
  },
  until: null,
  leg: "leg_1",
  tab: "tab-1",
  mine: "up",
  transport: "transport_1",
  theirs: "up",
  theirs_relayed: false,
  theirs_open: true,
  grace_until: null,
};
const here = { here: true, legState: "up" } as const;

test("a call that goes well names its queue", () => {
  expect(callWords(call, here, now)).toEqual({ text: "In call · Support", trouble: false, held: false });
});

test("a customer who was cut off is waited for, with the seconds that are left", () => {
  const cut: PanelCall = { ...call, theirs: "reconnecting", grace_until: "2026-11-22T10:00:01Z" };
  expect(callWords(cut, here, now)).toEqual({
    text: "The customer's connection was lost. Waiting 1 more second.",
    trouble: true,
    held: false,
  });
});

test("one's own lost connection comes before everything else", () => {
  const cut: PanelCall = { ...call, theirs: "reconnecting", grace_until: "2026-11-22T10:00:30Z" };
  expect(callWords(cut, { ...here, legState: "reconnecting" }, now).text).toMatch(/Your connection was lost/);
});

test("another tab says where the call is, and when nobody holds it any more", () => {
  const elsewhere = { here: false, legState: null };
  expect(callWords(call, elsewhere, now).text).toBe("This call is open in another tab");
  expect(callWords({ ...call, mine: "reconnecting" }, elsewhere, now).text).toMatch(/lost its tab/);
});

test("on hold the customer hears music, also while a colleague is asked (PLUS-21)", () => {
  const talk = { ...call.talk!, held_at: "2026-11-22T09:59:50Z" };
  expect(callWords({ ...call, talk }, here, now)).toEqual({
    text: "On hold. The customer hears music.",
    trouble: false,
    held: true,
  });
  const ben = { id: "user_2", name: "Ben" };
  const asked = (answered_at: string | null): PanelCall => ({
    ...call,
    talk: { ...talk, consult: { agent: ben, answered_at } },
  });
  expect(callWords(asked(null), here, now).text).toMatch(/^Ringing Ben/);
  expect(callWords(asked("2026-11-22T09:59:55Z"), here, now).text).toMatch(/^Talking to Ben/);
  const colleague: PanelCall = { ...asked("2026-11-22T09:59:55Z"), phase: "consulting" };
  expect(callWords(colleague, here, now)).toMatchObject({
    text: "Ana asks you. The customer hears music.",
    held: false,
  });
});

test("a customer who is called back has some seconds to answer (PLUS-12)", () => {
  const calling: PanelCall = {
    ...call,
    phase: "calling_back",
    talk: null,
    until: "2026-11-22T10:00:32Z",
    theirs: "away",
  };
  expect(callWords(calling, here, now)).toMatchObject({
    text: "Calling back. The customer's page rings.",
    trouble: false,
  });
  expect(ringsFor(calling, now)).toBe(32);
  expect(callWords({ ...calling, theirs_open: false }, here, now)).toMatchObject({
    text: "The page is closed: nobody may hear it ring.",
    trouble: true,
  });
  const answering: PanelCall = { ...calling, theirs: "connecting" };
  expect(callWords(answering, here, now).text).toBe("Connecting…");
  expect(ringsFor(answering, now)).toBeNull();
  expect(ringsFor(call, now)).toBeNull();
});

test("an agent reads who whispers and who has joined, not who listens (PLUS-20)", () => {
  const sue = { id: "user_3", name: "Sue" };
  expect(observersWords([{ supervisor: sue, mode: "listen" }])).toBeNull();
  expect(observersWords([{ supervisor: sue, mode: "whisper" }])).toBe("Sue whispers to you");
  expect(observersWords([{ supervisor: sue, mode: "barge" }])).toBe("Sue has joined the call");
});

test("a ring says that the customer wants to be called back, and since when (PLUS-12)", () => {
  expect(askedWords(call, now)).toBe("");
  const asked: PanelCall = { ...call, talk: null, phase: "ringing", callback_at: "2026-11-22T09:56:00Z" };
  expect(askedWords(asked, now)).toMatch(/^Wants to be called back, asked 4 mins? ago$/);
  const handed: PanelCall = { ...asked, asked_by: { id: "user_2", name: "Ben" } };
  expect(askedWords(handed, now)).toMatch(/^Ben hands over/);
});
