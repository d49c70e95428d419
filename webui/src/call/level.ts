/** How loud the own microphone is, as a bar. */

import microphone from "~icons/lucide/mic?raw";
import { h, icon } from "./dom";
import { t } from "./words";

export function makeLevel(...beside: HTMLElement[]) {
  const bar = h("span", { class: "bar" }, h("span", { class: "fill" }));
  const element = h("div", { class: "level" }, icon(microphone), h("span", {}, t("level.label")), bar, ...beside);
  /** Shows a loudness of 0 to 1. */
  const set = (loudness: number) => bar.style.setProperty("--level", loudness.toFixed(2));
  return { element, set };
}
