import { expect, test } from "vitest";
import type { CallQuality, LegQuality, MeasuredLeg } from "../../lib/api/types";
import { rowsOf } from "./figures";
import { graphInWords, pathOf } from "./graph";
import { judge, linesNow, linesThen } from "./words";

type Line = LegQuality["up"];
const good: Line = {
  loss: 0.001,
  jitter_ms: 3,
  mos: 4.35,
  bits_per_second: 48_000,
  width: 0,
  height: 0,
  frames_per_second: 0,
  freezes: 0,
};
const leg = (up: Partial<Line> = {}, roundTrip: number | null = 40): LegQuality => ({
  up: { ...good, ...up },
  down: good,
  round_trip_ms: roundTrip,
});
const then = (agent: string | null, average: LegQuality): MeasuredLeg => ({
  role: agent === null ? "customer" : "agent",
  agent: agent === null ? null : { id: agent, name: agent },
  average,
  seconds: 60,
  worst_loss: null,
  worst_jitter_ms: null,
  worst_round_trip_ms: null,
  worst_mos: null,
});
const silent: Line = { ...good, loss: null, jitter_ms: null, mos: null };

test("a line is as good as its worse direction, and says what is wrong with it", () => {
  expect(judge(leg())).toEqual({ grade: "good", cause: "" });
  expect(judge(leg({ loss: 0.03 }))).toEqual({ grade: "fair", cause: "3% loss" });
  expect(judge(leg({ loss: 0.07, mos: 3.5 }))).toEqual({ grade: "poor", cause: "7% loss" });
  expect(judge(leg({}, 700))?.cause).toMatch(/^700 ms round trip$/);
  expect(judge(leg({ mos: 3 }))).toEqual({ grade: "poor", cause: "sound arrives unevenly" });
  expect(judge({ up: silent, down: silent, round_trip_ms: null })).toBeNull();
});

test("of two lines the worse one is named", () => {
  expect(linesNow(leg(), leg())).toEqual({ grade: "good", text: "Good line" });
  expect(linesNow(leg({ loss: 0.03 }), leg({ loss: 0.06 }))?.text).toBe(
    "Customer's line is poor: 6% loss, sound may break up",
  );
  expect(linesNow(leg({ loss: 0.03 }), null)?.text).toBe("Your line is fair: 3% loss");
  expect(linesNow(null, null)).toBeNull();
});

test("a call that is over says which lines were not good", () => {
  expect(linesThen([then("Ana", leg()), then(null, leg())])).toBe("Good line");
  expect(linesThen([then("Ana", leg({ loss: 0.02 })), then("Ben", leg()), then(null, leg({ loss: 0.07 }))])).toBe(
    "Customer's line was poor: 7% loss · Ana's line was fair: 2% loss",
  );
  expect(linesThen([then("", leg({ loss: 0.02 }))])).toBe("Agent's line was fair: 2% loss");
  expect(linesThen([])).toBeNull();
});

test("figures that nobody measured are no row, or a dash where only one side has them", () => {
  const rows = rowsOf([
    { up: silent, down: silent, round_trip_ms: null },
    leg({ width: 640, height: 360, freezes: 2 }),
  ]);
  const table = Object.fromEntries(rows.map(({ name, values }) => [name, values]));
  expect(table["Jitter"]).toEqual([null, "3 ms"]);
  expect(table["Picture sent"]).toEqual([null, "640 × 360"]);
  expect(rowsOf([null, null])).toEqual([]);
});

test("the graph ends at the right edge, has gaps, and is told in words", () => {
  expect(pathOf([4.5, null, 1, 1], 29, 10)).toBe("M26.0 0.0M28.0 10.0L29.0 10.0");
  const now = (mine: LegQuality | null): CallQuality => ({ type: "quality", call_id: "c", mine, theirs: null });
  expect(graphInWords([now(leg({ mos: 3.2 })), now(leg({ mos: 4.1 }))])).toBe(
    "Sound in the last minute: yours 3.2 to 4.1",
  );
  expect(graphInWords([now(null)])).toMatch(/^Nothing/);
});
