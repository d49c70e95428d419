import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LegAnswer } from "../api/types";
import { Leg, LegRefused, type LegOptions, type LegState } from "./leg";

/** Stands for the browser's connection: the test says when it is up or down. */
class FakeConnection extends EventTarget {
  static made: FakeConnection[] = [];
  connectionState: RTCPeerConnectionState = "new";
  lines: string[] = [];
  sent: (MediaStreamTrack | null)[] = [];
  servers: RTCIceServer[] = [];
  gathering = false;
  heard = 1;

  constructor() {
    super();
    FakeConnection.made.push(this);
  }
  addTransceiver(kind: string, { direction }: RTCRtpTransceiverInit) {
    const line = this.lines.push(`${kind} ${direction}`) - 1;
    const replaceTrack = async (track: MediaStreamTrack | null) => void (this.sent[line] = track);
    return { sender: { replaceTrack }, receiver: { track: { kind } } };
  }
  async createOffer() {
    return { type: "offer", sdp: `offer ${FakeConnection.made.length}` };
  }
  setConfiguration({ iceServers }: RTCConfiguration) {
    expect(this.gathering).toBe(false);
    this.servers = iceServers ?? [];
  }
  async setLocalDescription() {
    this.gathering = true;
  }
  async setRemoteDescription() {}
  async getStats() {
    return new Map([["p", { type: "candidate-pair", state: "succeeded", bytesReceived: this.heard++ }]]);
  }
  close() {
    this.become("closed");
  }
  become(state: RTCPeerConnectionState) {
    if (this.connectionState === "closed") return;
    this.connectionState = state;
    if (state !== "closed") this.dispatchEvent(new Event("connectionstatechange"));
  }
}

const legs: Leg[] = [];
const newest = () => FakeConnection.made.at(-1)!;

async function answered(sdp: string): Promise<LegAnswer> {
  const relay = { urls: ["turn:relay.example"], username: `name of ${sdp}`, credential: "secret" };
  return {
    sdp: "answer",
    transport: `to ${sdp}`,
    ice_servers: [{ urls: ["stun:here.example"], username: null }, relay],
  };
}

function makeLeg(negotiate: LegOptions["negotiate"] = answered) {
  const states: LegState[] = [];
  const leg: Leg = new Leg({
    negotiate,
    video: true,
    onchange: () => {
      if (states.at(-1) !== leg.state) states.push(leg.state);
    },
  });
  legs.push(leg);
  return { leg, states };
}

async function makeUpLeg() {
  const made = makeLeg();
  made.leg.start();
  await vi.advanceTimersByTimeAsync(1);
  newest().become("connected");
  await vi.advanceTimersByTimeAsync(1);
  expect(made.leg.state).toBe("up");
  return made;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
  FakeConnection.made = [];
  vi.stubGlobal("RTCPeerConnection", FakeConnection);
  vi.stubGlobal("RTCRtpReceiver", {});
  vi.stubGlobal("MediaStream", class {});
});

afterEach(() => {
  legs.splice(0).forEach((leg) => leg.close());
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("an offer has voice, camera and screen in this order and is posted at once", async () => {
  const { leg, states } = await makeUpLeg();
  expect(newest().lines).toEqual(["audio sendrecv", "video sendrecv", "video inactive"]);
  expect(leg.transport).toBe("to offer 1");
  expect(states).toEqual(["connecting", "up"]);
});

test("every connection gathers with servers that were made for it", async () => {
  const { leg } = await makeUpLeg();
  leg.reconnect();
  await vi.advanceTimersByTimeAsync(1);
  expect(FakeConnection.made.map(({ servers }) => servers)).toEqual(
    ["offer 1", "offer 2"].map((offer) => [
      { urls: ["stun:here.example"] },
      { urls: ["turn:relay.example"], username: `name of ${offer}`, credential: "secret" },
    ]),
  );
});

test("a failed connection is replaced at once, with the tracks of the old one", async () => {
  const { leg, states } = await makeUpLeg();
  const track = {} as MediaStreamTrack;
  await leg.setVoice(track);
  newest().become("failed");
  await vi.advanceTimersByTimeAsync(1);
  expect(FakeConnection.made).toHaveLength(2);
  expect(newest().sent[0]).toBe(track);
  newest().become("connected");
  await vi.advanceTimersByTimeAsync(1);
  expect(states).toEqual(["connecting", "up", "reconnecting", "up"]);
  expect(leg.transport).toBe("to offer 2");
});

test("a short hiccup is waited out, a longer one is not", async () => {
  await makeUpLeg();
  newest().become("disconnected");
  await vi.advanceTimersByTimeAsync(1500);
  newest().become("connected");
  await vi.advanceTimersByTimeAsync(5000);
  expect(FakeConnection.made).toHaveLength(1);
  newest().become("disconnected");
  await vi.advanceTimersByTimeAsync(2100);
  expect(FakeConnection.made).toHaveLength(2);
});

test("a connection that hears nothing for four seconds is replaced before the browser notices", async () => {
  await makeUpLeg();
  const dead = newest();
  await vi.advanceTimersByTimeAsync(2000);
  dead.getStats = async () =>
    new Map([["p", { type: "candidate-pair", state: "succeeded", bytesReceived: dead.heard }]]);
  await vi.advanceTimersByTimeAsync(6000);
  expect(FakeConnection.made.length).toBeGreaterThan(1);
});

test("a silent connection stays until another is answered, and is used again when it is heard first", async () => {
  let reachable = false;
  const { leg, states } = makeLeg(async (sdp, signal) => {
    if (reachable || FakeConnection.made.length === 1) return answered(sdp);
    return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  });
  leg.start();
  await vi.advanceTimersByTimeAsync(1);
  const first = newest();
  first.become("connected");
  await vi.advanceTimersByTimeAsync(1000);
  const speaks = first.getStats;
  const silence = async () =>
    new Map([["p", { type: "candidate-pair", state: "succeeded", bytesReceived: first.heard }]]);
  first.getStats = silence;
  await vi.advanceTimersByTimeAsync(6000);
  expect(leg.state).toBe("reconnecting");
  expect(first.connectionState).toBe("connected");

  first.getStats = speaks;
  await vi.advanceTimersByTimeAsync(500);
  expect(states).toEqual(["connecting", "up", "reconnecting", "up"]);
  expect(leg.transport).toBe("to offer 1");
  expect(FakeConnection.made.slice(1).map(({ connectionState }) => connectionState)).toEqual(["closed"]);

  // It is watched as before; and when the server answers first, the old one goes.
  first.getStats = silence;
  reachable = true;
  await vi.advanceTimersByTimeAsync(6000);
  expect(first.connectionState).toBe("closed");
  newest().become("connected");
  await vi.advanceTimersByTimeAsync(1);
  expect(leg.transport).toBe("to offer 3");
});

test("what the server says of a connection is believed only when nothing is heard on it", async () => {
  const { leg } = await makeUpLeg();
  await vi.advanceTimersByTimeAsync(2000);
  void leg.doubt();
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeConnection.made).toHaveLength(1);
  const dead = newest();
  dead.getStats = async () =>
    new Map([["p", { type: "candidate-pair", state: "succeeded", bytesReceived: dead.heard }]]);
  void leg.doubt();
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeConnection.made).toHaveLength(2);
});

test("what the server says of a connection that has just come up is about an older one", async () => {
  const { leg } = await makeUpLeg();
  const quiet = newest();
  quiet.getStats = async () =>
    new Map([["p", { type: "candidate-pair", state: "succeeded", bytesReceived: quiet.heard }]]);
  void leg.doubt();
  await vi.advanceTimersByTimeAsync(1900);
  expect(FakeConnection.made).toHaveLength(1);
  void leg.doubt();
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeConnection.made).toHaveLength(1);
  void leg.doubt();
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeConnection.made).toHaveLength(2);
});

test("a server that cannot be reached is tried again along the ladder", async () => {
  let tries = 0;
  const { leg } = makeLeg(async (sdp) => {
    if (++tries < 3) throw new TypeError("no network");
    return { sdp, transport: "third", ice_servers: [] };
  });
  leg.start();
  await vi.advanceTimersByTimeAsync(2100);
  expect(tries).toBe(3);
  newest().become("connected");
  await vi.advanceTimersByTimeAsync(1);
  expect(leg.state).toBe("up");
});

test("a refusal of the server ends the tries", async () => {
  let tries = 0;
  const { leg } = makeLeg(async () => {
    tries++;
    throw new LegRefused("not_your_call");
  });
  leg.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([tries, leg.state]).toEqual([1, "failed"]);
});

test("the network's return is used at once, without the rest of the pause", async () => {
  await makeUpLeg();
  newest().become("failed");
  await vi.advanceTimersByTimeAsync(1);
  for (let i = 0; i < 4; i++) {
    newest().become("failed");
    await vi.advanceTimersByTimeAsync(7000);
  }
  newest().become("failed");
  await vi.advanceTimersByTimeAsync(1);
  const before = FakeConnection.made.length;
  dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(1);
  expect(FakeConnection.made).toHaveLength(before + 1);
});

test("a closed leg does nothing more", async () => {
  const { leg } = await makeUpLeg();
  leg.close();
  dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeConnection.made).toHaveLength(1);
  expect(leg.state).toBe("closed");
});
