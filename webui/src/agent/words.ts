/** The field's words for the server's stable ones. */

import type { AgentActivity, ConversationStatus, LinkKind, LinkState, Priority, Role, Status } from "../lib/api/types";
import { t } from "./text";

const REASONS = ["missed", "disconnected", "no_media", "signed_out"] as const;

export const statusText = (status: Status): string => t(`status.${status}`);
export const activityText = (activity: AgentActivity): string => t(`activity.${activity}`);
export const conversationStatusText = (status: ConversationStatus): string => t(`conversation.status.${status}`);
export const priorityText = (priority: Priority): string => t(`conversation.priority.${priority}`);
export const roleText = (role: Role): string => t(`role.${role}`);
export const linkKindText = (kind: LinkKind): string => t(`links.kind.${kind}`);
export const linkStateText = (state: LinkState): string => t(`links.state.${state}`);

/** Why a status was set by the system. A word that is not known here is shown as it is. */
export function reasonText(reason: string): string {
  const known = REASONS.find((word) => word === reason);
  return known === undefined ? reason : t(`reason.${known}`);
}
