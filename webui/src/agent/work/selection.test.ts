import { expect, test } from "vitest";
import { neighbour } from "./selection";

test("keys walk through the list and stop at its ends", () => {
  const ids = ["a", "b", "c"];
  expect(neighbour(ids, null, 1)).toBe("a");
  expect(neighbour(ids, "a", 1)).toBe("b");
  expect(neighbour(ids, "c", 1)).toBe("c");
  expect(neighbour(ids, "a", -1)).toBe("a");
  expect(neighbour([], "a", 1)).toBeNull();
});
