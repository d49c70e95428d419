import { expect, test } from "vitest";
import type { PanelCall } from "../../lib/api/types";
import { callWords } from "./words";

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
  },
  until: null,
  leg: "leg_1",
  tab: "tab-1",
  mine: "up",
  transport: "transport_1",
  theirs: "up",
  theirs_relayed: false,
  grace_until: null,
};
const here = { here: true, legState: "up" } as const;

test("a call that goes well names its queue", () => {
  expect(callWords(call, here, now)).toEqual({ text: "In call · Support", trouble: false });
});

test("a customer who was cut off is waited for, with the seconds that are left", () => {
  const cut: PanelCall = { ...call, theirs: "reconnecting", grace_until: "2026-11-22T10:00:01Z" };
  expect(callWords(cut, here, now)).toEqual({
    text: "The customer's connection was lost. Waiting 1 more second.",
    trouble: true,
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
