import type { PanelCall } from "../../lib/api/types";
import type { LegState } from "../../lib/rtc";
import { t } from "../text";

interface Seen {
  here: boolean;
  legState: LegState | null;
}

export interface CallWords {
  text: string;
  /** Somebody cannot hear the other at present. */
  trouble: boolean;
  /** The customer is on hold, and hears music. */
  held: boolean;
}

/** Says in a few words how the call is: who is cut off and for how long yet, where it is open, who hears whom. */
export function callWords(call: PanelCall, { here, legState }: Seen, now: number): CallWords {
  const held = call.phase === "talking" && call.talk?.held_at != null;
  const fine = (text: string): CallWords => ({ text, trouble: false, held });
  const trouble = (text: string): CallWords => ({ text, trouble: true, held });
  if (!here) {
    return call.mine === "reconnecting" ? trouble(t("call.tab_lost")) : fine(t("call.other_tab"));
  }
  if (legState === "failed") return trouble(t("call.failed"));
  if (legState === "reconnecting" || call.mine === "reconnecting") return trouble(t("call.mine_reconnecting"));
  if (legState !== "up") return fine(t("call.connecting"));
  if (call.phase === "calling_back") {
    if (call.theirs !== "away") return fine(t("call.connecting"));
    return call.theirs_open ? fine(t("call.calling_back")) : trouble(t("call.page_closed"));
  }
  if (call.theirs === "reconnecting") {
    const count = secondsUntil(call.grace_until, now);
    return trouble(t(count > 0 ? "call.theirs_reconnecting_for" : "call.theirs_reconnecting", { count }));
  }
  return fine(doing(call));
}

/** Returns how many seconds the page of a customer who is called back rings on, null when nobody is called back. */
export function ringsFor({ phase, theirs, until }: PanelCall, now: number): number | null {
  return phase === "calling_back" && theirs === "away" ? secondsUntil(until, now) : null;
}

/** Says who is heard beside the two; one who only listens is not named. */
export function observersWords(observers: NonNullable<PanelCall["talk"]>["observers"]): string | null {
  const told = observers.filter(({ mode }) => mode !== "listen");
  if (told.length === 0) return null;
  return told
    .map(({ supervisor, mode }) => t(mode === "barge" ? "call.joined" : "call.whispers", { name: supervisor.name }))
    .join(" · ");
}

function doing({ phase, talk, queue }: PanelCall): string {
  const agent = talk?.agent.name ?? "";
  if (phase === "consulting") return t("consult.asked", { name: agent });
  if (phase === "observing") return t("observe.of", { name: agent });
  const asked = talk?.consult;
  if (asked) return t(asked.answered_at === null ? "consult.rings" : "consult.talks", { name: asked.agent.name });
  if (talk?.held_at != null) return t("call.held");
  return queue === null ? t("call.connected") : t("call.connected_queue", { queue: queue.name });
}

function secondsUntil(moment: string | null, now: number): number {
  return moment === null ? 0 : Math.max(0, Math.ceil((Date.parse(moment) - now) / 1000));
}
