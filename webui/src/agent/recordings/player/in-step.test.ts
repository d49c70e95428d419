import { expect, test } from "vitest";
import { correctionFor } from "./in-step";

test("a picture that is in step runs as the sound does", () => {
  expect(correctionFor(10, 10.02, 1.5, true)).toEqual({ jump: null, speed: 1.5 });
});

test("a picture that is a little ahead runs slower, one that is behind faster", () => {
  expect(correctionFor(10, 10.1, 1, true)).toEqual({ jump: null, speed: expect.closeTo(0.7) });
  expect(correctionFor(10, 9.9, 1, true).speed).toBeCloseTo(1.3);
  expect(correctionFor(10, 9.75, 2, true).speed).toBeCloseTo(2.7);
});

test("a picture that is far away jumps", () => {
  expect(correctionFor(10, 4, 1, true).jump).toBe(10);
  expect(correctionFor(10, 10.5, 1, true).jump).toBe(10);
});

test("while the sound stands still a picture is put exactly where it is", () => {
  expect(correctionFor(10, 10.1, 1, false)).toEqual({ jump: 10, speed: 1 });
  expect(correctionFor(10, 10.01, 1, false).jump).toBeNull();
});

test("from any moment a picture is in step within a second, at every speed", () => {
  for (const speed of [0.75, 1, 1.25, 1.5, 2]) {
    for (const behind of [-0.29, -0.1, 0.1, 0.29, 5]) {
      let [sound, picture] = [10, 10 - behind];
      for (let frame = 0; frame < 60; frame++) {
        const { jump, speed: own } = correctionFor(sound, picture, speed, true);
        picture = (jump ?? picture) + own / 60;
        sound += speed / 60;
      }
      expect(Math.abs(picture - sound)).toBeLessThan(0.1);
    }
  }
});
