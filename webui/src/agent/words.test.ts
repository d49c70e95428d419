import { expect, test } from "vitest";
import { loadText } from "./words";

test("load says in words whether there is room, and how many conversations take it", () => {
  expect(loadText({ calls: 0, texts: 0, text_capacity: 5, full: false })).toBe("Under capacity");
  expect(loadText({ calls: 0, texts: 2, text_capacity: 5, full: false })).toBe("Under capacity · 2 of 5 conversations");
  expect(loadText({ calls: 1, texts: 0, text_capacity: 5, full: true })).toBe("Full capacity");
});
