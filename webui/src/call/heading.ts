/** Title, sentence and timer of the present screen, and the way on where it is a page of its own. */

import { button, h, setAttribute, setText, show } from "./dom";
import { duration } from "../lib/i18n/format";
import type { GuestLink } from "./api";
import type { Page, Session } from "./session";
import { clock, inWords, moment, t } from "./words";

interface Words {
  title: string;
  text: string;
  /** Seconds to count, and what they are. */
  timer?: { seconds: number; label: string };
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
      const { call, leg } = screen.live;
      if (call.phase === "talking") {
        const seconds = screen.live.since(call.answered_at ?? call.now);
        return {
          title: call.agent?.name ?? t("talking.title.unnamed"),
          text: "",
          timer: { seconds, label: t("talking.timer") },
        };
      }
      const connected = leg.state === "up";
      return {
        title: t("waiting.title"),
        text: connected
          ? `${t("waiting.next")} ${t("waiting.until", { time: clock(call.wait_until) })}`
          : t("waiting.connecting"),
        timer: { seconds: screen.live.since(call.started_at), label: t("waiting.timer") },
      };
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
    setText(timer, words.timer ? duration(words.timer.seconds) : "");
    setAttribute(timer, "aria-label", words.timer ? words.timer.label : null);
    show(timer, words.timer !== undefined);
    show(ways, words.again !== undefined || words.copy === true);
    if (words.again) again.set(words.again);
    show(again.element, words.again !== undefined);
    show(copy.element, words.copy === true && "clipboard" in navigator);
  }

  return { element, ways, title, update };
}
