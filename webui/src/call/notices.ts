/** What is wrong right now, each with its way on: the microphone, the camera, the connection. */

import alert from "~icons/lucide/circle-alert?raw";
import { button, h, icon, setText, show } from "./dom";
import type { Session } from "./session";
import { clock, t } from "./words";

interface Notice {
  text: string;
  grave: boolean;
  again?: () => void;
  how?: boolean;
}

/** The notices of the moment, the gravest first. */
export function noticesOf(session: Session): Notice[] {
  const { screen } = session;
  const notices: Notice[] = [];
  if (session.error) notices.push({ text: session.error, grave: true });
  if (screen.kind === "live") notices.push(...connection(session));
  if (screen.kind !== "before" && screen.kind !== "live") return notices;
  return [...notices, ...devices(session)];
}

/** One notice at most: who is not heard has a worse trouble than who is not seen, and often both have one cause. */
function devices({ screen, own, link }: Session): Notice[] {
  if (screen.kind === "live" && !screen.live.leg) return [];
  const video = screen.kind === "live" ? screen.live.call.media === "video" : link?.audio_only === false;
  const input = own.microphone.problem ? own.microphone : video && own.camera.problem ? own.camera : null;
  if (!input?.problem) return [];
  const again = () => void own.open(video && own.camera.problem !== null);
  return [
    {
      text: t(`notice.${input.kind}.${input.problem}`),
      grave: input.kind === "microphone",
      ...(input.problem === "unsupported" ? {} : { again }),
      how: input.problem === "denied",
    },
  ];
}

function connection({ screen }: Session): Notice[] {
  if (screen.kind !== "live") return [];
  const { leg, call } = screen.live;
  if (!leg) return [];
  if (leg.state === "failed") return [{ text: t("notice.failed"), grave: true, again: () => leg.reconnect() }];
  if (leg.state === "reconnecting") {
    if (call.voice_message && navigator.onLine) return [{ text: t("notice.reconnecting.message"), grave: true }];
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
