/** Statuses by group, and what follows when one is deleted, in words. */

import type { AgentStatus, Group } from "../../../lib/api/types";
import { t } from "../../text";

export const GROUPS = ["available", "busy", "away", "unavailable"] as const satisfies readonly Group[];

/** Returns the statuses of each group, in the order that they have. */
export function grouped(statuses: readonly AgentStatus[]): Record<Group, AgentStatus[]> {
  const of = (group: Group) => statuses.filter((status) => status.group === group);
  return { available: of("available"), busy: of("busy"), away: of("away"), unavailable: of("unavailable") };
}

/** Says who is in a status now, and what they get when it is deleted: the status that its group has for good. */
export function deletionInWords(status: AgentStatus, ofGroup: readonly AgentStatus[], agents: number): string {
  const instead = ofGroup.find((other) => other.built_in)?.name ?? t(`group.${status.group}`);
  return agents === 0
    ? t("statuses.delete_unused", { name: status.name })
    : t("statuses.delete_used", { name: status.name, count: agents, instead });
}
