/** What the keyboard does. Single keys act only where one does not write, and can be switched off (WCAG 2.1.4). */

export type Action =
  | "answer"
  | "mute"
  | "camera"
  | "hold"
  | "pause_recording"
  | "transfer"
  | "finish"
  | "help"
  | "new"
  | "reply"
  | "note"
  | "next"
  | "previous";

export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  repeat: boolean;
}

export interface Surroundings {
  /** The focus is in something that takes text or keys of its own. */
  writing: boolean;
  singleKeys: boolean;
}

/** The single keys in the order in which the help shows them. */
export const SINGLE_KEYS: readonly (readonly [key: string, action: Action])[] = [
  ["M", "mute"],
  ["V", "camera"],
  ["H", "hold"],
  ["T", "transfer"],
  ["P", "pause_recording"],
  ["J", "next"],
  ["K", "previous"],
  ["R", "reply"],
  ["I", "note"],
  ["N", "new"],
  ["?", "help"],
];

/** Returns what a pressed key asks for, or null. The Command key does on a Mac what Ctrl does elsewhere. */
export function actionFor(pressed: Pressed, { writing, singleKeys }: Surroundings): Action | null {
  const control = pressed.ctrlKey || pressed.metaKey;
  if (pressed.repeat || pressed.altKey) return null;
  if (pressed.key === "Enter" && control) return pressed.shiftKey ? "answer" : writing ? null : "finish";
  if (control || writing || !singleKeys) return null;
  const key = pressed.key.toUpperCase();
  // "?" needs Shift on many keyboards; letters mean themselves only without it.
  if (pressed.shiftKey && key !== "?") return null;
  return SINGLE_KEYS.find(([single]) => single === key)?.[1] ?? null;
}

/** Says whether keys pressed in this element belong to it. */
export function takesKeys(element: Element | null): boolean {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element.matches("textarea, select")) return true;
  return element.matches("input:not([type=checkbox], [type=radio], [type=range], [type=button])");
}
