import { expect, test } from "vitest";
import { learn, type Known } from "./panel-state";
import type { Change, ConversationItem, PanelState } from "./types";

const me = {
  id: "user_1",
  name: "Ana",
  status: "active",
  status_name: "Active",
  group: "available",
  then: null,
  load: null,
  reason: null,
  since: "2026-11-22T10:00:00Z",
  state: "idle",
  reachable: true,
  sound: "ready",
} as const;

function item(id: string, changes: Partial<ConversationItem> = {}): ConversationItem {
  return {
    id,
    topic: `Talking with ${id}`,
    customer: { id: `cust_${id}`, name: id },
    status: "open",
    priority: "normal",
    queue: null,
    assignee: { id: "user_1", name: "Ana" },
    last_customer_at: "2026-11-22T10:00:00Z",
    preview: "",
    preview_kind: "none",
    unread: 0,
    live_call: false,
    version: 1,
    ...changes,
  };
}

function known(conversations: ConversationItem[] = []): Known {
  const state: PanelState = {
    me,
    call: null,
    wrap_up: null,
    conversations,
    total: conversations.length,
    team: [],
    neglected: [],
  };
  return { upto: 7, state };
}

function change(changes: Partial<Change>): Change {
  return {
    type: "change",
    after: 7,
    upto: 9,
    now: "2026-11-22T10:00:00Z",
    set: {},
    conversations: { upsert: [], remove: [] },
    team: { upsert: [], remove: [] },
    threads: [],
    stale: [],
    ...changes,
  };
}

function ids(result: Known | "gap"): string[] {
  return result === "gap" ? [] : result.state.conversations.map((conversation) => conversation.id);
}

test("a snapshot replaces everything that was known", () => {
  const state = { ...known([item("b")]).state, total: 12 };
  const result = learn(known([item("a")]), { type: "snapshot", upto: 3, now: "", state });
  expect(result).toMatchObject({ upto: 3, state: { total: 12 } });
  expect(ids(result)).toEqual(["b"]);
});

test("a change that follows the last one moves on to its own number", () => {
  expect(learn(known(), change({ set: { me: { ...me, status: "away" } } }))).toMatchObject({
    upto: 9,
    state: { me: { status: "away" } },
  });
});

test("a change after a number that was not the last is a gap", () => {
  expect(learn(known(), change({ after: 8 }))).toBe("gap");
  expect(learn(null, change({}))).toBe("gap");
});

test("an end of the wrap-up is told by null, silence about it changes nothing", () => {
  const wrapping = known();
  const wrap_up = { call_id: "call_1" } as unknown as PanelState["wrap_up"];
  const before = { ...wrapping, state: { ...wrapping.state, wrap_up } };
  expect(learn(before, change({}))).toMatchObject({ state: { wrap_up: { call_id: "call_1" } } });
  expect(learn(before, change({ set: { wrap_up: null } }))).toMatchObject({ state: { wrap_up: null } });
});

test("My Work is ordered by the latest message of the customer (MW-03)", () => {
  const before = known([item("a"), item("b", { last_customer_at: "2026-11-22T09:00:00Z" })]);
  const upsert = [item("b", { last_customer_at: "2026-11-22T11:00:00Z" }), item("c", { last_customer_at: null })];
  expect(ids(learn(before, change({ conversations: { upsert, remove: [] } })))).toEqual(["b", "a", "c"]);
});

test("what is closed or another agent's leaves My Work (MW-02)", () => {
  const before = known([item("a"), item("b"), item("c")]);
  const upsert = [item("a", { status: "closed" }), item("b", { assignee: { id: "user_2", name: "Ben" } })];
  expect(ids(learn(before, change({ conversations: { upsert, remove: [] } })))).toEqual(["c"]);
  expect(ids(learn(before, change({ conversations: { upsert: [], remove: ["b"] } })))).toEqual(["a", "c"]);
});

test("My Work holds 50 conversations (MW-11)", () => {
  const many = Array.from({ length: 60 }, (_, index) => item(`c${index}`));
  expect(ids(learn(known(), change({ conversations: { upsert: many, remove: [] } })))).toHaveLength(50);
});
