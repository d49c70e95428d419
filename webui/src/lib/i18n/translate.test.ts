import { expect, test } from "vitest";
import { translator } from "./translate";

const catalogue = {
  hello: "Hello {name}",
  people: { one: "{count} person", other: "{count} people" },
};

test("a parameter stands where its name is", () => {
  expect(translator(catalogue, "en")("hello", { name: "Ana" })).toBe("Hello Ana");
});

test("a parameter that is not given stays visible", () => {
  expect(translator(catalogue, "en")("hello")).toBe("Hello {name}");
});

test("the plural form follows the count", () => {
  const t = translator(catalogue, "en");
  expect(t("people", { count: 1 })).toBe("1 person");
  expect(t("people", { count: 3 })).toBe("3 people");
});

test("a category without a form uses the form `other`", () => {
  expect(translator(catalogue, "pl")("people", { count: 3 })).toBe("3 people");
});

test("a key that is not in the catalogue, such as one that a newer server names, is shown as it is", () => {
  const t = translator<string>(catalogue, "en");
  expect(t("status.sts_7")).toBe("status.sts_7");
  expect(t("toString")).toBe("toString");
});
