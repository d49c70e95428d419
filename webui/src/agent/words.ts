/** The field's words for the server's stable ones. */

import type {
  AgentActivity,
  ConversationStatus,
  LinkKind,
  LinkState,
  Priority,
  Role,
  Status,
  StatusReason,
} from "../lib/api/types";
import { t } from "./text";

export const statusText = (status: Status): string => t(`status.${status as "active" | "busy" | "away" | "offline"}`);
export const activityText = (activity: AgentActivity): string => t(`activity.${activity}`);
export const conversationStatusText = (status: ConversationStatus): string => t(`conversation.status.${status}`);
export const priorityText = (priority: Priority): string => t(`conversation.priority.${priority}`);
export const roleText = (role: Role): string => t(`role.${role}`);
export const linkKindText = (kind: LinkKind): string => t(`links.kind.${kind}`);
export const linkStateText = (state: LinkState): string => t(`links.state.${state}`);
/** Why the system set the status. */
export const reasonText = (reason: StatusReason): string => t(`reason.${reason}`);
