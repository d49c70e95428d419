/** The other way out of the queue: speaking a message, hearing oneself by the level, sending it or waiting on. */

import microphone from "~icons/lucide/mic?raw";
import send from "~icons/lucide/send?raw";
import { button, h, show } from "./dom";
import { makeLevel } from "./level";
import type { Session } from "./session";
import { t } from "./words";

/** From here on the customer is told how long is left. */
const NEARLY_FULL_S = 30;

export function makeMessage(session: Session, say: (sentence: string) => void) {
  const begin = () => session.beginMessage(false);
  const leave = button("secondary", microphone, t("message.leave"), () => void press(begin));
  const leaving = h("div", { class: "callback" }, leave.element, h("p", { class: "hint" }, t("message.hint")));

  const level = makeLevel();
  const finish = () => session.sendMessage();
  const giveUp = () => session.cancelMessage();
  const done = button("primary", send, t("message.send"), () => void press(finish));
  const again = button("secondary", null, t("message.again"), () => void press(startAgain));
  const cancel = button("plain", null, t("message.cancel"), () => void press(giveUp));
  const speaking = h(
    "div",
    { class: "callback" },
    level.element,
    done.element,
    again.element,
    cancel.element,
    h("p", { class: "hint" }, t("message.hang-up")),
  );
  const element = h("div", {}, leaving, speaking);
  let warned = false;
  let doing: (() => Promise<void>) | null = null;
  let next: (() => Promise<void>) | null = null;

  /** One press at a time: another button's follows. A button that were switched off meanwhile would lose the focus. */
  async function press(what: () => Promise<void>): Promise<void> {
    if (doing !== null) {
      next = what === doing ? null : what;
      return;
    }
    for (doing = what; doing !== null; doing = next) {
      next = null;
      await doing();
    }
  }

  async function startAgain(): Promise<void> {
    await session.beginMessage(true);
    say(t("message.text"));
  }

  function update(): void {
    const live = session.screen.kind === "live" ? session.screen.live : null;
    const waits = live?.call.phase === "waiting" && live.leg !== null;
    const message = waits ? live.call.voice_message : null;
    show(element, waits);
    show(speaking, message !== null);
    // The server refuses a message of who cannot be heard yet.
    const heard = live?.call.mine === "up" && session.own.microphone.track !== null;
    show(leaving, waits && message === null && live.call.leaves_messages && heard);
    const left = message && live ? -live.since(message.until) : null;
    const nearlyFull = left !== null && left <= NEARLY_FULL_S;
    if (nearlyFull && !warned) say(t("message.nearly-full", { count: Math.max(1, Math.round(left)) }));
    warned = nearlyFull;
  }

  /** Called often, so that the bar moves with the voice. */
  function measure(): void {
    if (!speaking.hidden && !element.hidden) level.set(session.own.muted ? 0 : session.own.level());
  }

  return { element, update, measure };
}
