/** The one frame that all states share: header, picture, words, controls. Draws the session into it. */

import { makeBefore } from "./before";
import { makeCallback } from "./callback";
import { makeChat } from "./chat";
import { makeConsent } from "./consent";
import { makeControls } from "./controls";
import { h, setText } from "./dom";
import { makeHeading, placeWords, wordsOf } from "./heading";
import { makeMessage } from "./message";
import { makeNotices } from "./notices";
import type { Session } from "./session";
import { makeStage } from "./stage";
import { t } from "./words";

export function makeFrame(session: Session) {
  const spoken = h("p", { class: "spoken", role: "status" });
  const say = (sentence: string) => setText(spoken, sentence);

  const centre = h("h1", {});
  const stage = makeStage(session);
  const heading = makeHeading(session);
  const notices = makeNotices(session);
  const consent = makeConsent(session);
  const before = makeBefore(session);
  const callback = makeCallback(session, say);
  const message = makeMessage(session, say);
  const chat = makeChat(session, say);
  const controls = makeControls(session, say);
  const panel = h(
    "div",
    { class: "panel" },
    notices.element,
    heading.element,
    before.element,
    consent.element,
    heading.ways,
    callback.element,
    message.element,
    chat.element,
    controls.element,
  );
  const element = h(
    "div",
    { class: "frame" },
    h("header", {}, centre),
    h("main", {}, stage.element, panel),
    callback.calling,
    spoken,
  );
  const parts = [stage, heading, notices, before, consent, callback, message, chat, controls];
  const announce = makeAnnouncer(session, say);
  let shown = "";

  function update(): void {
    const name = session.link?.centre_name;
    setText(centre, name ?? t("centre.unknown"));
    for (const part of parts) part.update();
    announce();
    const state = stateOf(session);
    if (state === shown) return;
    element.dataset["state"] = state;
    document.title = name ? titleOf(state, name) : t("centre.unknown");
    // What had the focus may be gone: the new title takes it, so that a keyboard or reader goes on from there.
    if (shown !== "" && !document.activeElement?.checkVisibility?.()) heading.title.focus();
    shown = state;
  }

  function measure(): void {
    before.measure();
    message.measure();
  }

  return { element, update, measure };
}

function stateOf({ screen }: Session): string {
  if (screen.kind !== "live") return screen.kind;
  const { call, leg } = screen.live;
  if (call.phase !== "waiting") return call.phase;
  if (!leg) return "away";
  return call.voice_message ? "message" : "waiting";
}

function titleOf(state: string, centre: string): string {
  if (state === "before" || state === "waiting" || state === "talking") return t(`title.${state}`, { centre });
  if (state === "message") return t("title.message", { centre });
  if (state === "away") return t("title.away", { centre });
  return t("title.other", { centre });
}

/** Tells a screen reader what has changed by itself; what a press changed is said where it is pressed. */
function makeAnnouncer(session: Session, say: (sentence: string) => void) {
  let state = "";
  let position = 0;
  let away = false;
  return () => {
    if (session.screen.kind !== "live") {
      const { title, text } = wordsOf(session);
      // Two pages may have one title; the text of others changes by the second.
      const now = `${session.screen.kind} ${title} ${session.screen.kind === "page" ? text : ""}`;
      // What was said of a call counts no longer, whatever comes after it.
      if (now !== state) say(title === "" ? "" : `${title}. ${text}`);
      state = now;
      position = 0;
      away = false;
      return;
    }
    const { call, leg, place } = session.screen.live;
    const now = call.held_at !== null ? "held" : stateOf(session);
    const agent = call.agent?.name ?? t("spoken.agent.unnamed");
    if (state === "held" && now === "talking") say(t("spoken.resumed", { agent }));
    else if (now !== state) say(sentenceOf(now, agent));
    // The place is said when it moves, not when only the guess of the wait does.
    else if (place && place.position !== position && now === "waiting") say(placeWords(place));
    if (place) position = place.position;
    state = now;
    const nowAway = leg?.state === "reconnecting" || leg?.state === "failed" || call.agent?.state === "reconnecting";
    if (away && !nowAway) say(t("spoken.back"));
    away = nowAway;
  };
}

function sentenceOf(state: string, agent: string): string {
  switch (state) {
    case "talking":
      return t("spoken.talking", { agent });
    case "held":
      return t("held.text", { agent });
    case "transferring":
      return t("transferring.title");
    case "calling_back":
      return t("calling.title", { agent });
    case "away":
      return t("callback.text");
    case "message":
      return t("message.text");
    default:
      return t("spoken.waiting");
  }
}
