import { expect, test } from "vitest";
import type { AgentTime } from "../../lib/api/types";
import { ordered, statusColumns, summed } from "./time";

function agent(name: string, spent: Partial<AgentTime>): AgentTime {
  const nothing = { statuses: [], activities: {}, signed_in_seconds: 0, working_seconds: 0, utilisation: null };
  return { id: name, name, ...nothing, ...spent };
}
const TEAM = [
  agent("Ana", {
    statuses: [
      { id: "offline", name: "Offline", group: "unavailable", seconds: 50 },
      { id: "active", name: "Active", group: "available", seconds: 300 },
    ],
    activities: { in_call: 60, ringing: 15 },
    signed_in_seconds: 300,
    working_seconds: 75,
    utilisation: 0.25,
  }),
  agent("Ben", {
    statuses: [
      { id: "sts_1", name: "Lunch", group: "away", seconds: 80 },
      { id: "active", name: "Active", group: "available", seconds: 20 },
    ],
    activities: { in_call: 75 },
    signed_in_seconds: 100,
    working_seconds: 75,
    utilisation: 0.75,
  }),
  agent("Cleo", {}),
];

test("there is a column for each status in which anybody was, by group and place, those deleted since the last", () => {
  const more = agent("Dan", {
    statuses: [
      { id: "sts_2", name: "Audit", group: "away", seconds: 5 },
      { id: "away", name: "Away", group: "away", seconds: 5 },
    ],
  });
  const columns = statusColumns([...TEAM, more], ["active", "away", "sts_1", "offline"]);
  expect(columns.map(({ name }) => name)).toEqual(["Active", "Away", "Lunch", "Audit", "Offline"]);
});

test("the sum of all weighs the utilisation by the time signed in", () => {
  const sum = summed(TEAM);
  expect(sum.statuses.map(({ seconds }) => seconds)).toEqual([320, 80, 50]);
  expect(sum.activities).toEqual({ ringing: 15, in_call: 135, wrapping: 0, observing: 0 });
  expect(sum.utilisation).toBe(150 / 400);
  expect(summed([]).utilisation).toBeNull();
});

test("names are ordered from A to Z, times and shares from the most to the least", () => {
  const names = (order: Parameters<typeof ordered>[1]): string[] => ordered(TEAM, order).map(({ name }) => name);
  expect(names({ by: "name" })).toEqual(["Ana", "Ben", "Cleo"]);
  expect(names({ by: "utilisation" })).toEqual(["Ben", "Ana", "Cleo"]);
  expect(names({ by: "status", id: "active" })).toEqual(["Ana", "Ben", "Cleo"]);
  expect(names({ by: "activity", id: "in_call" })).toEqual(["Ben", "Ana", "Cleo"]);
});
