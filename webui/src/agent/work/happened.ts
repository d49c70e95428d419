import type { EndedBy, EndReason } from "../../lib/api/types";
import { durationInWords } from "../../lib/i18n/format";
import { linesThen } from "../lines/words";
import { locale, t } from "../text";
import { conversationStatusText, priorityText } from "../words";
import type { Happened } from "./blocks";

export type Icon =
  | "hold"
  | "transfer"
  | "observed"
  | "call"
  | "answered"
  | "missed"
  | "ended"
  | "network"
  | "message"
  | "line"
  | "report"
  | "change";

/** Returns the sign and the sentence of an entry about a call or a change (EVT-01 to EVT-04, LOG-01). */
export function tell(entry: Happened): { icon: Icon; text: string; detail?: string } {
  switch (entry.type) {
    case "call_started":
      return { icon: "call", text: t(`entry.started.${entry.direction}.${entry.media}`) };
    case "call_answered":
      return {
        icon: "answered",
        text: t("entry.answered", { name: entry.agent.name, waited: inWords(entry.waited_seconds) }),
      };
    case "call_missed":
      return { icon: "missed", text: t("entry.missed", { name: entry.agent.name }) };
    case "call_declined":
      return { icon: "missed", text: t("entry.declined", { name: entry.agent.name }) };
    case "call_step":
      return { icon: STEP_ICONS[entry.step], text: step(entry) };
    case "call_transferred":
      return {
        icon: "transfer",
        text: t("entry.transferred", {
          actor: actorOf(entry),
          name: entry.agent.name,
          talked: inWords(entry.talked_seconds),
        }),
      };
    case "call_observed":
      return {
        icon: "observed",
        text: t(`entry.observed.${entry.mode ?? "left"}`, { actor: actorOf(entry), name: entry.agent.name }),
      };
    case "call_reconnecting":
      return { icon: "network", text: t(`entry.reconnecting.${entry.who}`) };
    case "call_reconnected":
      return { icon: "network", text: t(`entry.reconnected.${entry.who}`) };
    case "call_ended":
      return { icon: "ended", text: ended(entry.by, entry.reason, entry.talked_seconds, entry.waited_seconds) };
    case "message_left":
      return { icon: "message", text: t("entry.message_left", { length: inWords(entry.seconds) }) };
    case "call_measured":
      return { icon: "line", text: linesThen(entry.legs) ?? t("line.unknown") };
    case "call_wrapped":
      return {
        icon: "report",
        text: entry.disposition
          ? t("entry.wrapped_as", { name: entry.agent.name, disposition: entry.disposition.name })
          : t("entry.wrapped", { name: entry.agent.name }),
        ...(entry.summary === "" ? {} : { detail: entry.summary }),
      };
    case "change":
      return { icon: "change", text: changed(entry) };
  }
}

const STEP_ICONS: Readonly<Record<Extract<Happened, { type: "call_step" }>["step"], Icon>> = {
  held: "hold",
  resumed: "answered",
  consulting: "transfer",
  consulted: "transfer",
  consult_ended: "transfer",
  requeued: "missed",
  callback_asked: "call",
  called_back: "call",
  recording_announced: "report",
  recording_paused: "hold",
  recording_resumed: "answered",
};

function step(entry: Extract<Happened, { type: "call_step" }>): string {
  const name = entry.agent?.name ?? "";
  return t(`entry.step.${entry.step}`, { name, actor: actorOf(entry), held: inWords(entry.seconds ?? 0) });
}

function actorOf({ actor }: Happened): string {
  return actor.name || t(`actor.${actor.kind}`);
}

function ended(by: EndedBy, reason: EndReason, talked: number | null, waited: number): string {
  const length =
    talked === null ? t("entry.waited", { waited: inWords(waited) }) : t("entry.talked", { talked: inWords(talked) });
  const cause = reason === "hung_up" ? t(`entry.ended.by_${by}`) : t(`entry.ended.${reason}`);
  return `${cause} · ${length}`;
}

function changed(entry: Extract<Happened, { type: "change" }>): string {
  const parameters = { name: actorOf(entry), ...values(entry) };
  if (entry.field === "assignee" && entry.new === null) return t("entry.change.unassigned", parameters);
  if (entry.field === "summary") return t("entry.change.summary", parameters);
  return entry.old === null
    ? t(`entry.change.${entry.field}.first`, parameters)
    : t(`entry.change.${entry.field}`, parameters);
}

function values({ field, old, new: fresh }: Extract<Happened, { type: "change" }>): { old: string; new: string } {
  const word = (value: string | null): string => {
    if (value === null) return t("entry.nothing");
    if (field === "status") return conversationStatusText(value as Parameters<typeof conversationStatusText>[0]);
    if (field === "priority") return priorityText(value as Parameters<typeof priorityText>[0]);
    return value;
  };
  return { old: word(old), new: word(fresh) };
}

const inWords = (seconds: number): string => durationInWords(seconds, locale);
