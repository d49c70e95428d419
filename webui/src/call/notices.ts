/** What is wrong right now, each with its way on: the microphone, the camera, the connection. */

import alert from "~icons/lucide/circle-alert?raw";
import { button, h, icon, setText, show } from "./dom";
import type { Session } from "./session";
import { clock, t, type Key } from "./words";

interface Notice {
  text: string;
  grave: boolean;
  again?: () => void;
  how?: boolean;
}

/** The notices of the moment, the gravest first. */
export function noticesOf(session: Session): Notice[] {
  const { screen, own } = session;
  const notices: Notice[] = [];
  if (session.error) notices.push({ text: session.error, grave: true });
  if (screen.kind === "live") notices.push(...connection(session));
  if (screen.kind !== "before" && screen.kind !== "live") return notices;
  for (const input of [own.microphone, own.camera]) {
    if (!input.problem) continue;
    if (input.kind === "camera" && screen.kind === "live" && screen.live.call.media === "audio") continue;
    const key: Key = `notice.${input.kind}.${input.problem}`;
    const hopeless = input.problem === "unsupported";
    notices.push({
      text: t(key),
      grave: input.kind === "microphone",
      ...(hopeless ? {} : { again: () => void input.open() }),
      how: input.problem === "denied",
    });
  }
  return notices;
}

function connection({ screen }: Session): Notice[] {
  if (screen.kind !== "live") return [];
  const { leg, call } = screen.live;
  if (leg.state === "failed") return [{ text: t("notice.failed"), grave: true, again: () => leg.reconnect() }];
  if (leg.state === "reconnecting") {
    const text = call.grace_until
      ? t("notice.reconnecting.until", { time: clock(call.grace_until) })
      : t("notice.reconnecting");
    return [{ text: navigator.onLine ? text : t("notice.offline"), grave: true }];
  }
  if (call.agent?.state === "reconnecting") {
    return [{ text: t("notice.agent-reconnecting", { agent: call.agent.name }), grave: false }];
  }
  return [];
}

export function makeNotices(session: Session) {
  const element = h("div", { class: "notices", role: "alert" });
  let drawn = "";

  function update(): void {
    const notices = noticesOf(session);
    show(element, notices.length > 0);
    const key = notices.map(({ text }) => text).join("\n");
    if (key === drawn) return; // a redrawn alert would be read aloud again, and a press could miss its button
    drawn = key;
    element.replaceChildren(...notices.map(draw));
  }

  return { element, update };
}

function draw(notice: Notice): HTMLElement {
  const how = h("p", { class: "how", hidden: true }, t("notice.how"));
  const buttons = h("div", { class: "ways" });
  if (notice.again) buttons.append(button("plain", null, t("again"), notice.again).element);
  if (notice.how) {
    const showHow = button("plain", null, t("show.how"), () => {
      show(how, true);
      show(showHow.element, false);
    });
    buttons.append(showHow.element);
  }
  const words = h("p", {});
  setText(words, notice.text);
  return h("div", { class: notice.grave ? "notice grave" : "notice" }, icon(alert), h("div", {}, words, how, buttons));
}
