import { expect, test } from "vitest";
import { dayInWords, dayOf, duration, durationInWords, shortTime, size } from "./format";

const now = new Date(2026, 10, 22, 15, 30).getTime();
const ago = (minutes: number): number => now - minutes * 60_000;

test.each([
  [0, "0:00"],
  [9.9, "0:09"],
  [65, "1:05"],
  [3600, "1:00:00"],
  [3725, "1:02:05"],
  [-3, "0:00"],
])("%d seconds read %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test("a duration in words names its two largest units", () => {
  expect(durationInWords(125, "en")).toBe("2 min 5 sec");
  expect(durationInWords(0, "en")).toBe("0 sec");
  expect(durationInWords(7265, "en")).toBe("2 hr 1 min");
});

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1000, "1 kB"],
  [1_440_000, "1.4 MB"],
  [3e15, "3,000 TB"],
])("%d bytes read %s", (bytes, text) => {
  expect(size(bytes, "en")).toBe(text);
});

test("a list shows the time today, the weekday this week, then the date", () => {
  expect(shortTime(ago(60), now, "en-GB")).toBe("14:30");
  expect(shortTime(ago(60 * 24), now, "en-GB")).toBe("Sat");
  expect(shortTime(ago(60 * 24 * 30), now, "en-GB")).toBe("23 Oct");
});

test("days are the reader's own", () => {
  expect(dayOf(now)).toBe(dayOf(new Date(2026, 10, 22, 0, 1).getTime()));
  expect(dayOf(now)).not.toBe(dayOf(new Date(2026, 10, 21, 23, 59).getTime()));
  expect(dayInWords(ago(60 * 24), now, "en-GB", "Today", "Yesterday")).toBe("Yesterday");
  expect(dayInWords(ago(60 * 24 * 9), now, "en-GB", "Today", "Yesterday")).toMatch(/^Friday,? 13 November 2026$/);
});
