import { expect, test } from "vitest";
import { placeBeside } from "./place";

const room = { width: 1000, height: 600 };
const size = { width: 200, height: 150 };

test("it opens below with the left edges in line", () => {
  expect(placeBeside({ left: 50, top: 40, width: 80, height: 30 }, size, room)).toEqual({ left: 50, top: 76 });
});

test("near the bottom it opens above", () => {
  expect(placeBeside({ left: 50, top: 540, width: 80, height: 30 }, size, room)).toEqual({ left: 50, top: 384 });
});

test("near the right edge the right edges are in line", () => {
  expect(placeBeside({ left: 900, top: 40, width: 80, height: 30 }, size, room).left).toBe(780);
});

test("in a narrow window it stays inside", () => {
  expect(placeBeside({ left: 100, top: 40, width: 40, height: 30 }, size, { width: 220, height: 600 }).left).toBe(8);
});
