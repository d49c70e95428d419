import { expect, test } from "vitest";
import { clock, minutesOf, nextSpan, openingText, overnight, spanBetween } from "./hours";

test("times of day are read and written alike", () => {
  expect([0, 510, 1439, 1440, 1560].map(clock)).toEqual(["00:00", "08:30", "23:59", "00:00", "02:00"]);
  expect(minutesOf("08:30")).toBe(510);
  expect(minutesOf("")).toBeNull();
});

test("a span that does not end later on its day ends on the next", () => {
  expect(spanBetween(540, 1020)).toEqual({ start: 540, end: 1020 });
  expect(spanBetween(1320, 120)).toEqual({ start: 1320, end: 1560 });
  expect(overnight(spanBetween(1320, 120))).toBe(true);
  expect(spanBetween(1320, 0)).toEqual({ start: 1320, end: 1440 });
  expect(overnight(spanBetween(1320, 0))).toBe(false);
  expect(spanBetween(0, 0)).toEqual({ start: 0, end: 1440 });
});

test("another opening begins after the last one", () => {
  expect(nextSpan([])).toEqual({ start: 540, end: 1020 });
  expect(nextSpan([{ start: 480, end: 720 }])).toEqual({ start: 780, end: 900 });
  expect(nextSpan([{ start: 480, end: 1430 }])).toEqual({ start: 1380, end: 1440 });
});

test("the line says when it changes", () => {
  const monday = new Date(2026, 10, 23, 20, 0).getTime();
  const at = (day: number): string => new Date(2026, 10, day, 8, 0).toISOString();
  expect(openingText({ open: true, changes_at: null }, monday)).toBe("Open around the clock");
  expect(openingText({ open: false, changes_at: at(24) }, monday)).toMatch(/^Closed now, opens Tuesday 0?8:00/);
  expect(openingText({ open: false, changes_at: at(23) }, monday)).toMatch(/^Closed now, opens 0?8:00/);
});
