import { expect, test } from "vitest";
import { announcement, changesOf, newDraft, playable, spoken, stepsOf, voiceOf, wishOf } from "./draft";

test("a caller hears the greeting, music, each announcement after the place, and the last message", () => {
  const draft = newDraft("Welcome.");
  draft.announcements = { on: true, gap_seconds: 30, list: [spoken("One."), spoken("Two.")].map(announcement) };
  draft.places.on = true;
  draft.farewell = { on: true, source: spoken("Goodbye.") };
  const kinds = stepsOf(draft, "You are number 3.").map(({ kind }) => kind);
  expect(kinds.join(" ")).toBe("greeting music places announcement music places announcement music farewell");
  draft.announcements.on = false;
  expect(stepsOf(draft, "Third.").map(({ kind }) => kind)).toEqual([
    "greeting",
    "music",
    "places",
    "music",
    "farewell",
  ]);
  draft.music.on = false;
  expect(stepsOf(draft, null).map(({ kind }) => kind)).toEqual(["greeting", "ringback", "farewell"]);
});

test("a text without words is neither sent nor played", () => {
  const draft = newDraft(" ");
  draft.announcements = { on: true, gap_seconds: 30, list: [spoken(""), spoken("Two.")].map(announcement) };
  const wish = wishOf(draft);
  expect(wish.greeting.source).toBeNull();
  expect(wish.announcements.sources).toHaveLength(1);
  expect(stepsOf(draft, null).map(playable)).toEqual([false, true, false, true, true, true]);
});

test("the sections that were changed are named, and what is only arranged otherwise is no change", () => {
  const before = newDraft("Welcome.");
  before.queues = ["queue_a", "queue_b"];
  const after = structuredClone(before);
  after.queues.reverse();
  expect(changesOf(before, after)).toEqual([]);
  after.places.on = true;
  after.longest_seconds = 60;
  expect(changesOf(before, after)).toEqual(["announcements", "farewell"]);
});

test("a new text begins with the voice of one that is there", () => {
  const draft = newDraft("Welcome.");
  draft.greeting.source = spoken("Willkommen.", { language: "de", voice: "m1", rate: 140 });
  expect(voiceOf(draft)).toMatchObject({ language: "de", voice: "m1", rate: 140 });
});
