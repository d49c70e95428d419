import { expect, test } from "vitest";
import { columnsOf, movedBy, barsOf } from "./waveform";

test("peaks are put together so that none is lost", () => {
  expect(columnsOf([0, 255, 0, 0, 51, 0], 255, 3)).toEqual([1, 0, 0.2]);
  expect(columnsOf([255, 0], 255, 300)).toEqual([1, 0]);
  expect(columnsOf([], 255, 300)).toEqual([]);
});

test("each column is a bar around the middle, silence a thin line", () => {
  expect(barsOf([1, 0], 16, 30)).toBe("M0.15 1h0.7v30h-0.7zM1.15 15.5h0.7v1h-0.7z");
});

test.each([
  ["ArrowRight", 10, 15],
  ["ArrowRight", 58, 60],
  ["ArrowLeft", 3, 0],
  ["PageUp", 10, 40],
  ["PageDown", 10, 0],
  ["Home", 30, 0],
  ["End", 30, 60],
  ["x", 30, null],
])("%s at %d s of 60 leads to %s", (key, time, moment) => {
  expect(movedBy(key, time, 60)).toBe(moment);
});
