import type { CallItem, Outcome } from "../../lib/api/types";
import { duration } from "../../lib/i18n/format";
import { t } from "../text";

export const OUTCOMES: readonly Outcome[] = [
  "waiting",
  "callback",
  "calling_back",
  "talking",
  "answered",
  "abandoned",
  "missed",
  "not_reached",
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
