import { expect, test } from "vitest";
import {
  agentsText,
  lengthText,
  preparationText,
  preparingText,
  troubleText,
  videoTroubleText,
  whyNotHeard,
} from "./words";

test("trouble is told in a sentence, also trouble that only a newer server knows", () => {
  expect(troubleText({ why: null, partial: false })).toBeNull();
  expect(troubleText({ why: "disk_full", partial: false })).toContain("disk is full");
  expect(troubleText({ why: "moon_phase", partial: true })).toContain("moon_phase");
  expect(troubleText({ why: null, partial: true })).not.toBeNull();
});

test("what cannot be heard says why, and what can be says nothing", () => {
  const voice = { kind: "voice", size: 1, seconds: 1 };
  expect(whyNotHeard({ kind: "call", state: "spooled", files: [voice] })).toBeNull();
  expect(whyNotHeard({ kind: "call", state: "recording", files: [] })).toContain("call");
  expect(whyNotHeard({ kind: "message", state: "recording", files: [] })).toContain("speaking");
  expect(whyNotHeard({ kind: "call", state: "uploaded", files: [] })).not.toBeNull();
});

test("an agent who took part twice is named once, and a length is rounded to the second", () => {
  const part = (id: string, name: string) => ({ agent: { id, name }, began_at: "", ended_at: null });
  expect(agentsText({ segments: [part("1", "Ana"), part("2", "Ben"), part("1", "Ana")] })).toBe("Ana, Ben");
  expect(lengthText({ seconds: 191.6 })).toBe("3:12");
  expect(lengthText({ seconds: null })).toBeNull();
});

test("a video file that is made says how many are before it, and what failed says why and what comes next", () => {
  expect(preparingText({ state: "waiting", before: 2 })).toContain("2 video files");
  expect(preparingText({ state: "waiting", before: 0 })).toContain("in a moment");
  expect(preparingText({ state: null, before: 0 })).toContain("when you ask");
  expect(videoTroubleText({ state: "waiting", why: "disk_full" })).toMatch(/disk .* full.*tried again/);
  expect(videoTroubleText({ state: "failed", why: "moon_phase" })).toMatch(/moon_phase.*is lost/);
  expect(videoTroubleText({ state: "preparing", why: null })).toBeNull();
  expect(preparationText({ preparation: "ready" })).toBeNull();
  expect(preparationText({ preparation: "waiting" })).toContain("being prepared");
});
