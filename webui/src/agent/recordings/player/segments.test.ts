import { expect, test } from "vitest";
import type { RecordingItem } from "../../../lib/api/types";
import { partsOf } from "./segments";

test("each agent's talk has its place on the recording's clock, and none lies outside", () => {
  const recording = {
    started_at: "2026-11-30T10:00:00Z",
    seconds: 60,
    segments: [
      { agent: { id: "usr_1", name: "Ana" }, began_at: "2026-11-30T09:59:59.9Z", ended_at: "2026-11-30T10:00:20Z" },
      { agent: { id: "usr_2", name: "Ben" }, began_at: "2026-11-30T10:00:25Z", ended_at: null },
    ],
  } as RecordingItem;
  expect(partsOf(recording)).toEqual([
    { agent: "Ana", from: 0, to: 20 },
    { agent: "Ben", from: 25, to: 60 },
  ]);
});
