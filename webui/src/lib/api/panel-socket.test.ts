import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PanelSocket, type Link, type PanelListener, type Ticker } from "./panel-socket";
import type { ClientMessage, PanelState, ServerMessage } from "./types";

class Wire {
  static readonly OPEN = 1;
  static made: Wire[] = [];
  readyState = 0;
  sent: ClientMessage[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Wire.made.push(this);
  }
  open(): void {
    this.readyState = Wire.OPEN;
    this.onopen?.();
  }
  say(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  cut(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientMessage);
  }
  close(): void {
    this.readyState = 3;
  }
}

const state = { me: { id: "user_1" }, conversations: [], team: [], total: 0, call: null, wrap_up: null };
const now = "2026-11-22T10:00:00Z";
const snapshot = (upto: number): ServerMessage => ({
  type: "snapshot",
  upto,
  now,
  state: state as unknown as PanelState,
});
const nothing = { conversations: { upsert: [], remove: [] }, team: { upsert: [], remove: [] }, threads: [], stale: [] };
const change = (after: number, upto: number): ServerMessage => ({
  type: "change",
  after,
  upto,
  now,
  set: {},
  ...nothing,
});

let tick: () => void;
let pace: number;
let links: Link[];
let seen: number[];
let told: string[];
let troubles: (string | null)[];
let signedOut: number;
let socket: PanelSocket;

const latest = (): Wire => Wire.made[Wire.made.length - 1]!;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Wire);
  Wire.made = [];
  links = [];
  seen = [];
  told = [];
  troubles = [];
  signedOut = 0;
  const ticker: Ticker = {
    pace: (ms) => void (pace = ms),
    onTick: (listener) => void (tick = listener),
    end: () => undefined,
  };
  const listener: PanelListener = {
    onKnown: (known) => seen.push(known.upto),
    onWallboard: () => undefined,
    onRecordingTrouble: (what) => void troubles.push(what),
    onRestarting: () => told.push("restarting"),
    onQuality: (quality) => told.push(quality.call_id),
    onClock: () => undefined,
    onLink: (link) => links.push(link),
    onSignedOut: () => void (signedOut += 1),
  };
  socket = new PanelSocket("/panel", "tab-1", "ready", listener, ticker);
  socket.start();
});

afterEach(() => {
  socket.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("it says hello first and beats every ten seconds", () => {
  latest().open();
  expect(latest().sent).toEqual([{ type: "hello", tab: "tab-1", resume: null, sound: "ready" }]);
  expect(pace).toBe(10_000);
  tick();
  expect(latest().sent[1]).toEqual({ type: "heartbeat" });
});

test("what is the matter with the disk is handed on, and forgotten by a new connection until it is told again", () => {
  latest().open();
  latest().say({ type: "recording_trouble", what: "disk_full" });
  expect(troubles).toEqual([null, "disk_full"]);
  latest().cut();
  vi.advanceTimersByTime(5_000);
  latest().open();
  expect(troubles).toEqual([null, "disk_full", null]);
});

test("how lines are, and that the server is about to stop, is handed on and changes nothing that is known", () => {
  latest().open();
  latest().say(snapshot(4));
  latest().say({ type: "quality", call_id: "call_1", mine: null, theirs: null });
  latest().say({ type: "restarting" });
  expect(told).toEqual(["call_1", "restarting"]);
  expect(seen).toEqual([4]);
});

test("a gap asks for a snapshot and nothing unsure is handed on", () => {
  latest().open();
  latest().say(snapshot(4));
  latest().say(change(4, 5));
  latest().say(change(6, 7));
  expect(seen).toEqual([4, 5]);
  expect(latest().sent.at(-1)).toEqual({ type: "hello", tab: "tab-1", resume: null, sound: "ready" });
});

test("after a cut it comes back at once, resumes, and watches what is in view", () => {
  latest().open();
  latest().say(snapshot(4));
  socket.watch("conv_1");
  latest().cut();
  expect(links.at(-1)).toMatchObject({ state: "offline" });
  vi.advanceTimersByTime(0);
  latest().open();
  expect(Wire.made).toHaveLength(2);
  expect(latest().sent).toEqual([
    { type: "hello", tab: "tab-1", resume: 4, sound: "ready" },
    { type: "watch", conversation_id: "conv_1" },
  ]);
});

test("a server that stays away is tried along the ladder", () => {
  const tries: number[] = [];
  for (let index = 0; index < 4; index++) {
    const before = Wire.made.length;
    latest().cut();
    let waited = 0;
    while (Wire.made.length === before) {
      vi.advanceTimersByTime(50);
      waited += 50;
    }
    tries.push(waited);
  }
  expect(tries[0]).toBeLessThanOrEqual(50);
  expect(tries[1]).toBeGreaterThanOrEqual(300);
  expect(tries[2]).toBeGreaterThanOrEqual(1200);
  expect(tries[3]).toBeGreaterThanOrEqual(2700);
});

test("a server that stops answering counts as gone", () => {
  latest().open();
  latest().say(snapshot(1));
  vi.advanceTimersByTime(26_000);
  tick();
  expect(links.at(-1)).toMatchObject({ state: "offline" });
});

test("signed out, it stops for good", () => {
  latest().open();
  latest().cut(4401);
  vi.advanceTimersByTime(60_000);
  expect(signedOut).toBe(1);
  expect(Wire.made).toHaveLength(1);
});
