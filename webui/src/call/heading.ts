/** Title, sentence and timer of the present screen, and the way on where it is a page of its own. */

import { button, h, setAttribute, setText, show } from "./dom";
import { duration } from "../lib/i18n/format";
import type { GuestCall, GuestLink, GuestPlace } from "./api";
import type { Live } from "./live";
import type { Page } from "./screens";
import type { Session } from "./session";
import { clock, inWords, moment, t } from "./words";

interface Words {
  title: string;
  text: string;
  /** Seconds to count, what they are, and what is written before them where that is not plain. */
  timer?: { seconds: number; label: string; said?: string };
  again?: string;
  copy?: boolean;
}

export function wordsOf(session: Session): Words {
  const { screen } = session;
  switch (screen.kind) {
    case "loading":
      return { title: "", text: t("loading") };
    case "before":
      return { title: "", text: "" };
    case "page":
      return pageWords(screen.page, session.link);
    case "live": {
      return liveWords(screen.live);
    }
    case "ended": {
      const { call, how } = screen;
      const from = call.answered_at ?? call.started_at;
      const seconds = (Date.parse(call.ended_at ?? call.now) - Date.parse(from)) / 1000;
      const spent = ["used", "expired", "revoked"].includes(call.link_state);
      const text = t(`ended.${how}.text`, {
        duration: inWords(seconds),
        agent: call.agent?.name ?? t("spoken.agent.unnamed"),
      });
      return {
        title: t(`ended.${how}.title`),
        text: spent ? `${text} ${t("ended.new-link")}` : text,
        ...(spent ? {} : { again: t("again.call") }),
      };
    }
  }
}

function liveWords(live: Live): Words {
  const { call, leg } = live;
  const agent = call.agent?.name ?? t("spoken.agent.unnamed");
  if (call.phase === "talking") {
    const title = call.agent?.name ?? t("talking.title.unnamed");
    if (call.held_at !== null) {
      const timer = { seconds: live.since(call.held_at), label: t("held.timer"), said: t("held.short") };
      return { title, text: t("held.text", { agent }), timer };
    }
    return { title, text: "", timer: { seconds: live.since(call.answered_at ?? call.now), label: t("talking.timer") } };
  }
  const timer = { seconds: live.since(call.started_at), label: t("waiting.timer") };
  if (call.phase === "transferring") return { title: t("transferring.title"), text: t("transferring.text"), timer };
  if (call.phase === "calling_back") {
    return { title: t("calling.connecting"), text: leg?.state === "up" ? "" : t("waiting.connecting") };
  }
  const place = live.place ? placeWords(live.place) : "";
  if (!leg) return { title: t("callback.title"), text: `${place} ${t("callback.text")}`.trim(), timer };
  if (call.voice_message) return messageWords(live, call.voice_message);
  const next = `${t("waiting.next")} ${t("waiting.until", { time: clock(call.wait_until) })}`;
  return {
    title: t("waiting.title"),
    text: leg.state === "up" ? `${place} ${next}`.trim() : t("waiting.connecting"),
    timer,
  };
}

function messageWords(live: Live, { since, until }: NonNullable<GuestCall["voice_message"]>): Words {
  const left = Math.max(0, -live.since(until));
  return {
    title: t("message.title"),
    text: left > 30 ? t("message.text") : t("message.left", { count: Math.ceil(left) }),
    timer: { seconds: Math.max(0, live.since(since)), label: t("message.timer") },
  };
}

const NAMED = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"] as const;

/** "You are second in the queue. About 3 minutes." */
export function placeWords({ position, wait_minutes }: GuestPlace): string {
  const named = NAMED[position - 1];
  const place = named ? t(`place.${named}`) : t("place.other", { position });
  return wait_minutes === null ? place : `${place} ${t("place.wait", { count: wait_minutes })}`;
}

function pageWords(page: Page, link: GuestLink | null): Words {
  const words: Words = { title: t(`page.${page}.title`), text: t(`page.${page}.text`) };
  // The centre's own words for the link's state, where it has some.
  if (link?.state === page && link.text) words.text = link.text;
  switch (page) {
    case "not_yet":
      if (link?.starts_at) words.text += ` ${t("page.not_yet.from", { time: moment(link.starts_at) })}`;
      return words;
    case "closed":
      words.text = link?.closed_text || words.text;
      if (link?.opens_at) words.text += ` ${t("page.closed.opens", { time: moment(link.opens_at) })}`;
      return { ...words, again: t("again") };
    case "elsewhere":
      return { ...words, again: t("again.here") };
    case "unsupported":
      return { ...words, copy: true };
    case "nobody":
    case "restarting":
    case "busy":
    case "away":
    case "in_use":
    case "unreachable":
      return { ...words, again: t("again") };
    default:
      return words;
  }
}

export function makeHeading(session: Session) {
  const title = h("h2", { tabindex: "-1" });
  const timer = h("span", { class: "timer", role: "timer" });
  const text = h("p", { class: "text" });
  const again = button("primary", null, t("again"), () => void session.load());
  const copy = button("secondary", null, t("copy.link"), async () => {
    await navigator.clipboard?.writeText(location.href);
    copy.set(t("copy.done"));
  });
  const element = h("div", { class: "heading" }, h("div", { class: "line" }, title, timer), text);
  const ways = h("div", { class: "start" }, again.element, copy.element);

  function update(): void {
    const words = wordsOf(session);
    show(element, words.title !== "" || words.text !== "");
    setText(title, words.title);
    show(title, words.title !== "");
    setText(text, words.text);
    show(text, words.text !== "");
    const said = words.timer?.said;
    const count = words.timer ? duration(words.timer.seconds) : "";
    setText(timer, said ? `${said} ${count}` : count);
    timer.classList.toggle("held", said !== undefined);
    setAttribute(timer, "aria-label", words.timer ? words.timer.label : null);
    show(timer, words.timer !== undefined);
    show(ways, words.again !== undefined || words.copy === true);
    if (words.again) again.set(words.again);
    show(again.element, words.again !== undefined);
    show(copy.element, words.copy === true && "clipboard" in navigator);
  }

  return { element, ways, title, update };
}
