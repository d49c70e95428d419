import { expect, test } from "vitest";
import type { Actor, Entry } from "../../lib/api/types";
import { blocksOf } from "./blocks";

const ana: Actor = { kind: "agent", id: "user_1", name: "Ana" };
const guest: Actor = { kind: "customer", id: "cust_1", name: "Otto" };
let number = 0;

function at(minute: number, actor: Actor): Pick<Entry, "number" | "at" | "conversation_id" | "actor"> {
  const time = new Date(2026, 10, 22, 10, minute).toISOString();
  return { number: ++number, at: time, conversation_id: "conv_1", actor };
}
const message = (minute: number, actor: Actor): Entry => ({
  ...at(minute, actor),
  type: "message",
  text: "Hello",
  from: actor.kind === "customer" ? "customer" : "agent",
});
const started = (minute: number): Entry => ({
  ...at(minute, guest),
  type: "call_started",
  call_id: "call_1",
  direction: "inbound",
  media: "audio",
});

test("each day begins with its name", () => {
  const entries = [message(0, guest), message(60 * 24, guest)];
  expect(blocksOf(entries).map((block) => block.kind)).toEqual(["day", "spoken", "day", "spoken"]);
});

test("what happened in a row is one block", () => {
  const blocks = blocksOf([started(0), started(1), message(2, guest), started(3)]);
  expect(blocks.map((block) => block.kind)).toEqual(["day", "happened", "spoken", "happened"]);
});

test("a message follows one by the same person a moment before", () => {
  const follows = (entries: Entry[]): boolean[] =>
    blocksOf(entries).flatMap((block) => (block.kind === "spoken" ? [block.follows] : []));
  expect(follows([message(0, guest), message(1, guest), message(9, guest), message(9, ana)])).toEqual([
    false,
    true,
    false,
    false,
  ]);
});
