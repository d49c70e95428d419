import type { AgentState, CallItem, Outcome } from "../../lib/api/types";
import { duration, durationInWords } from "../../lib/i18n/format";
import { locale, t } from "../text";

export const OUTCOMES: readonly Outcome[] = [
  "waiting",
  "callback",
  "calling_back",
  "talking",
  "answered",
  "abandoned",
  "missed",
  "not_reached",
  "message_left",
  "lost",
  "failed",
];

export const outcomeText = (outcome: Outcome): string => t(`calls.outcome.${outcome}`);

/** Says who answered a call; a dash, with words for those who listen, when nobody did. */
export const agentsText = ({ agents }: CallItem): string => agents.map((agent) => agent.name).join(", ");

/** Says how long something took; null while it is not over. */
export const lengthText = (seconds: number | null): string | null => (seconds === null ? null : duration(seconds));

/** Says who has seen to a call that nobody answered; null while nobody has. */
export function handledText({ handled }: CallItem): string | null {
  if (handled === null) return null;
  return handled.by === null ? t("calls.handled_by_call") : t("calls.handled_by", { name: handled.by.name });
}

/** Says how long ago something was, by the minute: ticking seconds would shout. */
export function agoText(at: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(at)) / 60_000);
  return minutes < 1 ? t("calls.just_now") : t("calls.ago", { time: durationInWords(minutes * 60, locale) });
}

/** Says why this agent cannot begin a call now; null when nothing is in the way. */
export function whyNoCall({ state, group, sound }: AgentState): string | null {
  if (state !== "idle") return t(`calls.not_while.${state}`);
  if (group === "unavailable") return t("calls.not_while.offline");
  return sound === "ready" ? null : t("calls.not_without_sound");
}

/** Says why no caller can be taken from a queue now; null when nothing is in the way. */
export function whyNotNext(me: AgentState): string | null {
  return whyNoCall(me) ?? (me.group === "available" ? null : t("calls.only_available"));
}
