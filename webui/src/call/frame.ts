/** The one frame that all states share: header, picture, words, controls. Draws the session into it. */

import { makeBefore } from "./before";
import { makeChat } from "./chat";
import { makeControls } from "./controls";
import { h, setText } from "./dom";
import { makeHeading } from "./heading";
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
  const before = makeBefore(session);
  const chat = makeChat(session, say);
  const controls = makeControls(session, say);
  const panel = h(
    "div",
    { class: "panel" },
    notices.element,
    heading.element,
    before.element,
    heading.ways,
    chat.element,
    controls.element,
  );
  const element = h("div", { class: "frame" }, h("header", {}, centre), h("main", {}, stage.element, panel), spoken);
  const parts = [stage, heading, notices, before, chat, controls];
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

  return { element, update, measure: before.measure };
}

function stateOf({ screen }: Session): string {
  return screen.kind === "live" ? screen.live.call.phase : screen.kind;
}

function titleOf(state: string, centre: string): string {
  if (state === "before" || state === "waiting" || state === "talking") return t(`title.${state}`, { centre });
  return t("title.other", { centre });
}

/** Tells a screen reader what has changed by itself; what a press changed is said where it is pressed. */
function makeAnnouncer(session: Session, say: (sentence: string) => void) {
  let phase = "";
  let away = false;
  return () => {
    if (session.screen.kind !== "live") {
      phase = "";
      return;
    }
    const { call, leg } = session.screen.live;
    if (call.phase !== phase) {
      const agent = call.agent?.name ?? t("spoken.agent.unnamed");
      say(call.phase === "talking" ? t("spoken.talking", { agent }) : t("spoken.waiting"));
      phase = call.phase;
    }
    const nowAway = leg.state === "reconnecting" || leg.state === "failed" || call.agent?.state === "reconnecting";
    if (away && !nowAway) say(t("spoken.back"));
    away = nowAway;
  };
}
