import { expect, test } from "vitest";
import { cornerNear } from "./corners";

test("the video rests in the corner that is nearest", () => {
  const stage = { left: 100, top: 0, width: 1000, height: 800 };
  const box = (left: number, top: number) => ({ left, top, width: 300, height: 200 });
  expect(cornerNear(box(120, 30), stage)).toBe("top left");
  expect(cornerNear(box(700, 30), stage)).toBe("top right");
  expect(cornerNear(box(120, 500), stage)).toBe("bottom left");
  expect(cornerNear(box(700, 500), stage)).toBe("bottom right");
});
