/** The way out of the queue: asking to be called back, waiting for it, and answering it. */

import phone from "~icons/lucide/phone?raw";
import phoneIncoming from "~icons/lucide/phone-incoming?raw";
import { button, h, icon, setText, show } from "./dom";
import type { Session } from "./session";
import { t } from "./words";

export function makeCallback(session: Session, say: (sentence: string) => void) {
  const ask = button("secondary", phone, t("callback.ask"), async () => {
    ask.element.disabled = true;
    await session.askCallback();
    ask.element.disabled = false;
  });
  const hint = h("p", { class: "hint" }, t("callback.hint"));
  const asking = h("div", { class: "callback" }, ask.element, hint);

  const address = h("p", { class: "address" });
  const copy = button("secondary", null, t("callback.copy"), async () => {
    await navigator.clipboard?.writeText(location.href);
    copy.set(t("copy.done"));
    say(t("copy.done"));
  });
  const stay = button("plain", null, t("callback.stay"), () => void session.openLine());
  const waiting = h(
    "div",
    { class: "callback" },
    h("p", { class: "hint" }, t("callback.address")),
    address,
    copy.element,
    stay.element,
  );

  const centre = h("p", { class: "hint" });
  const who = h("h2", { id: "calling", tabindex: "-1" });
  const answer = button("primary", phone, t("calling.answer"), () => void session.openLine());
  const refuse = button("secondary", null, t("calling.not-now"), () => session.leave());
  const calling = h(
    "div",
    { class: "calling", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "calling" },
    h("div", { class: "face" }, icon(phoneIncoming)),
    centre,
    who,
    answer.element,
    refuse.element,
  );
  const element = h("div", {}, asking, waiting);
  let rang = false;

  function update(): void {
    const live = session.screen.kind === "live" ? session.screen.live : null;
    const away = live !== null && live.leg === null;
    const waits = live?.call.phase === "waiting";
    show(element, waits && live.call.voice_message === null);
    show(asking, waits && !away);
    show(waiting, waits && away);
    if (!waits) copy.set(t("callback.copy"));
    setText(address, location.href);
    show(copy.element, "clipboard" in navigator);
    const rings = away && live?.call.phase === "calling_back";
    show(calling, rings);
    setText(centre, session.link?.centre_name ?? "");
    setText(who, t("calling.title", { agent: live?.call.agent?.name ?? t("spoken.agent.unnamed") }));
    if (rings && !rang) answer.element.focus();
    rang = rings;
  }

  return { element, calling, update };
}
