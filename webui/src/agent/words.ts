/** The field's words for the server's stable ones. */

import type {
  AgentActivity,
  ConversationStatus,
  Group,
  LinkKind,
  LinkState,
  Load,
  Priority,
  Role,
  StatusReason,
} from "../lib/api/types";
import { t } from "./text";

export const groupText = (group: Group): string => t(`group.${group}`);
export const activityText = (activity: AgentActivity): string => t(`activity.${activity}`);
export const conversationStatusText = (status: ConversationStatus): string => t(`conversation.status.${status}`);
export const priorityText = (priority: Priority): string => t(`conversation.priority.${priority}`);
export const roleText = (role: Role): string => t(`role.${role}`);
export const linkKindText = (kind: LinkKind): string => t(`links.kind.${kind}`);
export const linkStateText = (state: LinkState): string => t(`links.state.${state}`);
/** Why the system set the status. */
export const reasonText = (reason: StatusReason): string => t(`reason.${reason}`);

/** Says how much of what an agent can do at once is taken (AST-04). */
export function loadText({ full, texts, text_capacity }: Load): string {
  const word = t(full ? "load.full" : "load.under");
  return texts === 0 ? word : `${word} · ${t("load.texts", { count: text_capacity, texts })}`;
}
