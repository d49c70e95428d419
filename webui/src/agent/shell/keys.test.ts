import { expect, test } from "vitest";
import { actionFor, takesKeys, type Pressed } from "./keys";

const plain: Pressed = { key: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, repeat: false };
const press = (key: string, held: Partial<Pressed> = {}): Pressed => ({ ...plain, key, ...held });
const reading = { writing: false, singleKeys: true };
const writing = { writing: true, singleKeys: true };

test("Ctrl+Shift+Enter answers from anywhere, also while one writes", () => {
  for (const held of [
    { ctrlKey: true, shiftKey: true },
    { metaKey: true, shiftKey: true },
  ]) {
    expect(actionFor(press("Enter", held), writing)).toBe("answer");
    expect(actionFor(press("Enter", held), { writing: true, singleKeys: false })).toBe("answer");
  }
});

test("single keys act where one reads, in either case of letters", () => {
  expect(actionFor(press("m"), reading)).toBe("mute");
  expect(actionFor(press("M"), reading)).toBe("mute");
  expect(actionFor(press("v"), reading)).toBe("camera");
  expect(actionFor(press("h"), reading)).toBe("hold");
  expect(actionFor(press("t"), reading)).toBe("transfer");
  expect(actionFor(press("p"), reading)).toBe("pause_recording");
  expect(actionFor(press("?", { shiftKey: true }), reading)).toBe("help");
});

test("single keys never act while one writes", () => {
  for (const key of ["m", "v", "h", "t", "p", "j", "k", "r", "i", "n", "?"])
    expect(actionFor(press(key), writing)).toBeNull();
});

test("single keys can be switched off", () => {
  expect(actionFor(press("m"), { writing: false, singleKeys: false })).toBeNull();
});

test("the browser's own shortcuts stay the browser's", () => {
  expect(actionFor(press("n", { ctrlKey: true }), reading)).toBeNull();
  expect(actionFor(press("r", { metaKey: true }), reading)).toBeNull();
  expect(actionFor(press("v", { altKey: true }), reading)).toBeNull();
  expect(actionFor(press("M", { shiftKey: true }), reading)).toBeNull();
});

test("a key that is held down acts once", () => {
  expect(actionFor(press("m", { repeat: true }), reading)).toBeNull();
});

test("fields take keys for themselves, buttons do not", () => {
  const of = (html: string): Element | null => {
    const holder = document.createElement("div");
    holder.innerHTML = html;
    return holder.firstElementChild;
  };
  for (const html of ["<input>", "<input type=search>", "<textarea></textarea>", "<select></select>"]) {
    expect(takesKeys(of(html))).toBe(true);
  }
  for (const html of ["<button></button>", "<input type=checkbox>", "<a href=x></a>"]) {
    expect(takesKeys(of(html))).toBe(false);
  }
});
