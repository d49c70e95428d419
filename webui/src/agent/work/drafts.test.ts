import { beforeEach, expect, test } from "vitest";
import { draftOf, keepDraft, kindOf } from "./drafts";

beforeEach(() => sessionStorage.clear());

test("a draft is kept with what it was to be, and an empty one is forgotten", () => {
  keepDraft("conv_1", { kind: "note", text: "two\nlines" });
  expect(draftOf("conv_1")).toEqual({ kind: "note", text: "two\nlines" });
  expect(draftOf("conv_2")).toEqual({ kind: "message", text: "" });
  keepDraft("conv_1", { kind: "note", text: "" });
  expect(sessionStorage).toHaveLength(0);
});

test("a note that was begun never becomes a message when the customer can be reached again (MSG-03)", () => {
  const begun = { kind: "note", text: "He is angry" } as const;
  expect(kindOf(begun, "message", true)).toBe("note");
  expect(kindOf({ kind: "note", text: "" }, "message", true)).toBe("message");
});

test("without a way to the customer everything is a note", () => {
  expect(kindOf({ kind: "message", text: "Hello" }, "message", false)).toBe("note");
});
