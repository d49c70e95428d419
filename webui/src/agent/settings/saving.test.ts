import { expect, test } from "vitest";
import { ApiError } from "../../lib/api/problem";
import { fieldOf } from "./saving.svelte";

test.each([
  ["invalid", { errors: [{ loc: ["phone"], msg: "Write the number with its country.", type: "invalid" }] }, "phone"],
  ["invalid", { errors: [{ loc: ["body", "text_capacity"], msg: "Too many.", type: "less_than" }] }, "text_capacity"],
  ["name_taken", {}, "name"],
  ["invalid", { errors: [] }, null],
  ["stale", { current: {} }, null],
])("a refusal %s with %o lies at the field %s", (code, details, field) => {
  expect(fieldOf(new ApiError(422, code, "", details))).toBe(field);
});

test("a server that does not answer refuses no field", () => {
  expect(fieldOf(new TypeError("gone"))).toBeNull();
});
