/** Messages to and from the agent, beside the call. */

import send from "~icons/lucide/send-horizontal?raw";
import { unsent } from "../lib/unsent";
import type { GuestMessage } from "./api";
import { button, h, show } from "./dom";
import type { Session } from "./session";
import { clock, t } from "./words";

export function makeChat(session: Session, say: (sentence: string) => void) {
  const list = h("ol", { class: "messages", tabindex: "0", "aria-label": t("chat.title") });
  const box = h("textarea", { id: "message", rows: "1", maxlength: "2000", placeholder: t("chat.label") });
  const label = h("label", { for: "message", class: "spoken" }, t("chat.label"));
  const hint = h("p", { class: "hint" }, t("chat.hint"));
  const failed = h("p", { class: "failed", role: "alert", hidden: true }, t("chat.failed"));
  const submit = button("send", send, t("chat.send"), () => void post());
  const form = h("form", { class: "composer" }, label, box, submit.element);
  const element = h("section", { class: "chat", "aria-label": t("chat.title") }, list, hint, failed, form);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void post();
  });
  box.addEventListener("input", grow);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void post();
  });

  let drawn = 0;
  let callId = "";
  /** Kept until the message has arrived, so that trying again cannot double it. */
  let key: string = crypto.randomUUID();
  let sending = false;

  async function post(): Promise<void> {
    const typed = box.value;
    const text = typed.trim();
    if (text === "" || sending) return;
    sending = true;
    const arrived = await session.send(text, key);
    sending = false;
    show(failed, !arrived);
    if (!arrived) return;
    key = crypto.randomUUID();
    box.value = unsent(box.value, typed);
    grow();
  }

  function grow(): void {
    box.rows = Math.min(4, Math.max(1, box.value.split("\n").length));
  }

  function update(): void {
    const { screen } = session;
    if (screen.kind !== "live") return show(element, false);
    const { id, messages, voice_message } = screen.live.call;
    if (id !== callId) {
      list.replaceChildren();
      drawn = 0;
      callId = id;
    }
    const fresh = messages.filter(({ number }) => number > drawn);
    if (fresh.length > 0) add(fresh, drawn > 0);
    const empty = list.childElementCount === 0;
    show(list, !empty);
    show(hint, empty);
    // Who speaks a message has enough to do with his voice.
    show(element, !empty || voice_message === null);
  }

  function add(messages: GuestMessage[], aloud: boolean): void {
    for (const message of messages) {
      const mine = message.from === "customer";
      const name = mine ? t("chat.you") : message.name || t("chat.agent");
      const head = h("p", { class: "who" }, name, " ", h("time", { datetime: message.at }, clock(message.at)));
      list.append(h("li", { class: mine ? "mine" : "theirs" }, head, h("p", { class: "text" }, message.text)));
      if (!mine && aloud) say(t("chat.spoken", { name, text: message.text }));
      drawn = Math.max(drawn, message.number);
    }
    list.scrollTop = list.scrollHeight;
  }

  return { element, update };
}
