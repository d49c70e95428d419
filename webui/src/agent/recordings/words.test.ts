import { expect, test } from "vitest";
import { agentsText, lengthText, troubleText, whyNotHeard } from "./words";

test("trouble is told in a sentence, also trouble that only a newer server knows", () => {
  expect(troubleText({ why: null, partial: false })).toBeNull();
  expect(troubleText({ why: "disk_full", partial: false })).toContain("disk is full");
  expect(troubleText({ why: "moon_phase", partial: true })).toContain("moon_phase");
  expect(troubleText({ why: null, partial: true })).not.toBeNull();
});

test("what cannot be heard says why, and what can be says nothing", () => {
  const voice = { kind: "voice", size: 1, seconds: 1 };
  expect(whyNotHeard({ state: "spooled", files: [voice] })).toBeNull();
  expect(whyNotHeard({ state: "recording", files: [] })).toContain("call");
  expect(whyNotHeard({ state: "uploaded", files: [] })).not.toBeNull();
});

test("an agent who took part twice is named once, and a length is rounded to the second", () => {
  const part = (id: string, name: string) => ({ agent: { id, name }, began_at: "", ended_at: null });
  expect(agentsText({ segments: [part("1", "Ana"), part("2", "Ben"), part("1", "Ana")] })).toBe("Ana, Ben");
  expect(lengthText({ seconds: 191.6 })).toBe("3:12");
  expect(lengthText({ seconds: null })).toBeNull();
});
