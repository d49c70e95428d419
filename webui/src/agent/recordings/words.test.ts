import { expect, test } from "vitest";
import {
  agentsText,
  deletionText,
  erasedText,
  lengthText,
  preparationText,
  preparingText,
  troubleText,
  videoTroubleText,
  whyNotDeleted,
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

test("deleting says where it does what, and why it cannot be done now", () => {
  expect(whyNotDeleted({ legal_hold: true, state: "uploading" })).toContain("legal hold");
  expect(whyNotDeleted({ legal_hold: false, state: "uploading" })).toContain("afterwards");
  expect(whyNotDeleted({ legal_hold: false, state: "failed" })).toBeNull();
  expect(deletionText("spooled")).not.toContain("your own server");
  expect(deletionText("uploaded")).toContain("removed at your own server too");
  expect(deletionText("failed_over")).toContain("What of it has arrived");
});

test("what became of all recordings of a customer is counted in words, and nothing is said of none", () => {
  const none = { deleted: 0, later: 0, held: 0, at_server: 0 };
  expect(erasedText(none, "Cora")).toBe("0 recordings of Cora were deleted.");
  expect(erasedText({ ...none, held: 1 }, "Cora")).toBe("1 is under legal hold and stays.");
  expect(erasedText({ deleted: 2, later: 1, held: 3, at_server: 4 }, "Cora")).toMatch(
    /^2 recordings of Cora .* 1 is not finished .* 3 are under legal hold .* 4 files are to be removed/,
  );
});
