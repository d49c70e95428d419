import { describe, expect, test } from "vitest";
import { problemOf } from "./devices";
import { pause, retryDelay } from "./ladder";
import { levelOf } from "./level";
import { readCounters } from "./counters";
import { ringSamples, wav } from "./ring";
import { readRelayed } from "./route";

describe("the retry ladder", () => {
  test("begins at once, climbs and stays on its last step", () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => retryDelay(attempt, () => 0));
    expect(delays).toEqual([0, 300, 1200, 2700, 4800, 7000, 7000, 7000]);
  });

  test("adds up to a third so that pages do not return together", () => {
    expect(retryDelay(2, () => 0.999)).toBeGreaterThan(1590);
    expect(retryDelay(2, () => 0.999)).toBeLessThanOrEqual(1600);
  });

  test("a pause ends early when it is aborted", async () => {
    const abort = new AbortController();
    const paused = pause(60_000, abort.signal);
    abort.abort();
    await paused;
  });
});

describe("what getUserMedia throws", () => {
  test.each([
    ["NotAllowedError", "denied"],
    ["NotFoundError", "missing"],
    ["OverconstrainedError", "missing"],
    ["NotReadableError", "busy"],
    ["TypeError", "unsupported"],
  ])("%s is %s", (name, problem) => {
    expect(problemOf(new DOMException("", name))).toBe(problem);
  });
});

describe("the microphone's level", () => {
  const tone = (amplitude: number) => Array.from({ length: 480 }, (_, i) => amplitude * Math.sin(i / 5));

  test("silence is 0, a shout is 1, speech lies between", () => {
    expect(levelOf(tone(0))).toBe(0);
    expect(levelOf(tone(1))).toBe(1);
    expect(levelOf(tone(0.05))).toBeGreaterThan(0.3);
    expect(levelOf(tone(0.05))).toBeLessThan(0.8);
  });
});

test("the counters of a connection tell signs of life and pictures", () => {
  const report = new Map<string, object>([
    ["a", { type: "inbound-rtp", kind: "audio", packetsReceived: 50 }],
    ["v", { type: "inbound-rtp", kind: "video", packetsReceived: 70, framesDecoded: 24 }],
    ["p", { type: "candidate-pair", state: "succeeded", bytesReceived: 900, bytesSent: 800, responsesReceived: 3 }],
    ["w", { type: "candidate-pair", state: "waiting", bytesReceived: 7 }],
  ]);
  expect(readCounters(report as unknown as RTCStatsReport)).toEqual({ heard: 903, framesDecoded: 24 });
});

describe("the ring", () => {
  test("is loud enough, never clips and ends in silence", () => {
    const samples = ringSamples();
    const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(peak).toBeGreaterThan(0.3);
    expect(peak).toBeLessThan(1);
    expect(samples.slice(-22_050).every((value) => value === 0)).toBe(true);
  });

  test("is a WAV file of 16-bit samples", () => {
    const file = new DataView(wav(new Float32Array([0, 1, -1, 2]), 22_050));
    expect(file.byteLength).toBe(44 + 8);
    expect(file.getUint32(24, true)).toBe(22_050);
    expect([0, 1, 2, 3].map((i) => file.getInt16(44 + 2 * i, true))).toEqual([0, 32767, -32767, 32767]);
  });
});

describe("the way of a connection", () => {
  const report = (...entries: { id: string; type: string }[]) =>
    new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;
  const relay = { id: "R", type: "local-candidate", candidateType: "relay" };
  const host = { id: "H", type: "local-candidate", candidateType: "host" };
  const through = (id: string, candidate: string, selected?: boolean) => ({
    id,
    type: "candidate-pair",
    state: "succeeded",
    localCandidateId: candidate,
    ...(selected === undefined ? {} : { selected }),
  });

  test("is that of the pair that the transport names", () => {
    const pairs = [relay, host, through("one", "H"), through("two", "R")];
    const transport = (id: string) => ({ id: "T", type: "transport", selectedCandidatePairId: id });
    expect(readRelayed(report(...pairs, transport("two")))).toBe(true);
    expect(readRelayed(report(...pairs, transport("one")))).toBe(false);
  });

  test("is that of the pair that says so, where the transport names none", () => {
    expect(readRelayed(report(relay, host, through("one", "H", false), through("two", "R", true)))).toBe(true);
  });

  test("is not known while none is chosen", () => {
    expect(readRelayed(report(relay, through("one", "R")))).toBe(null);
  });
});
