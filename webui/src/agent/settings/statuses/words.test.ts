import { expect, test } from "vitest";
import type { AgentStatus, Group } from "../../../lib/api/types";
import { deletionInWords, grouped } from "./words";

const status = (name: string, group: Group, built_in = false): AgentStatus => ({
  id: name.toLowerCase(),
  name,
  group,
  built_in,
  place: 0,
  version: 1,
});
const AWAY = status("Out", "away", true);
const LUNCH = status("Lunch", "away");

test("statuses stand in their groups, in the server's order, and each group is there", () => {
  const all = [status("Active", "available", true), LUNCH, AWAY];
  expect(grouped(all)).toEqual({ available: [all[0]], busy: [], away: [LUNCH, AWAY], unavailable: [] });
});

test.each([
  [0, "Nobody is in “Lunch” now. Reports keep the time that was spent in it."],
  [1, "1 agent is in “Lunch” now and gets “Out” instead. Reports keep the time that was spent in it."],
  [3, "3 agents are in “Lunch” now and get “Out” instead. Reports keep the time that was spent in it."],
])("with %i agents in it, what deleting a status does reads: %s", (agents, words) => {
  expect(deletionInWords(LUNCH, [LUNCH, AWAY], agents)).toBe(words);
});
