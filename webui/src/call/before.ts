/** Before the call: welcome, name, microphone level, and the two buttons. */

import phone from "~icons/lucide/phone?raw";
import video from "~icons/lucide/video?raw";
import { button, h, setAttribute, setText, show } from "./dom";
import type { Media } from "./api";
import { makeLevel } from "./level";
import type { Session } from "./session";
import { t } from "./words";

/** From here on the meter counts as having heard a voice. */
const HEARD = 0.35;

export function makeBefore(session: Session) {
  const welcome = h("p", { class: "welcome" });
  const name = h("input", { id: "name", autocomplete: "name", maxlength: "80", "aria-describedby": "name-hint" });
  const nameHint = h("p", { class: "hint", id: "name-hint" }, t("name.hint"));
  const nameField = h("div", { class: "field" }, h("label", { for: "name" }, t("name.label")), name, nameHint);

  const verdict = h("span", { class: "verdict", role: "status" });
  const level = makeLevel(verdict);

  const startVideo = button("primary", video, t("start.video"), () => start("video"));
  const startAudio = button("secondary", phone, t("start.audio"), () => start("audio"));
  const consent = h("p", { class: "consent" });
  const buttons = h("div", { class: "start" }, startVideo.element, startAudio.element);
  const opening = h("p", { class: "hint", role: "status" });
  const form = h(
    "form",
    { class: "before", novalidate: true },
    welcome,
    level.element,
    nameField,
    consent,
    buttons,
    opening,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start(session.link?.audio_only ? "audio" : "video");
  });
  name.addEventListener("input", () => {
    session.nameMissing = false;
    update();
  });

  let heard = false;

  function start(media: Media): void {
    void session.start(media, name.value);
    if (session.nameMissing) name.focus();
  }

  function update(): void {
    const { link, screen, own, starting } = session;
    const before = screen.kind === "before";
    show(form, before);
    if (!before || !link) return;
    setText(welcome, link.text);
    show(welcome, link.text !== "");
    show(nameField, link.asks_name);
    if (name.value === "" && link.name && document.activeElement !== name) name.value = link.name;
    setAttribute(name, "aria-invalid", session.nameMissing ? "true" : null);
    nameField.classList.toggle("wrong", session.nameMissing);
    setText(nameHint, t(session.nameMissing ? "name.missing" : "name.hint"));

    setText(consent, link.consent ?? "");
    show(consent, Boolean(link.consent));
    show(startVideo.element, !link.audio_only);
    startAudio.element.className = link.audio_only ? "primary" : "secondary";
    startVideo.set(t(starting === "video" ? "start.calling" : "start.video"));
    startAudio.set(t(starting === "audio" ? "start.calling" : "start.audio"));
    startVideo.element.disabled = startAudio.element.disabled = starting !== null;
    setText(opening, starting && !own.microphone.track ? t("start.opening") : "");
    show(level.element, own.microphone.track !== null);
    if (!own.microphone.track) heard = false;
    setText(verdict, t(heard ? "level.heard" : "level.silent"));
  }

  /** Called for every picture the screen draws while the meter is to be seen. */
  function measure(): void {
    if (session.screen.kind !== "before" || !session.own.microphone.track) return;
    const loudness = session.own.level();
    level.set(loudness);
    if (loudness > HEARD && !heard) {
      heard = true;
      update();
    }
  }

  return { element: form, update, measure };
}
