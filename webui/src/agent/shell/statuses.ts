import type { AgentActivity, AgentStatus, Group } from "../../lib/api/types";

/** What a status means for work (AST-02), those first that get most of it. */
export const GROUPS: readonly Group[] = ["available", "busy", "away", "unavailable"];

/** Returns the groups that have statuses, each with its own, in the order in which they came. */
export function byGroup<T extends Pick<AgentStatus, "group">>(
  statuses: readonly T[],
): { group: Group; members: T[] }[] {
  const all = GROUPS.map((group) => ({ group, members: statuses.filter((status) => status.group === group) }));
  return all.filter(({ members }) => members.length > 0);
}

const HELD: readonly AgentActivity[] = ["in_call", "wrapping", "observing"];

/** Says whether a status that an agent chooses while he does this begins only afterwards (AP-02). */
export function isHeld(activity: AgentActivity | undefined): boolean {
  return activity !== undefined && HELD.includes(activity);
}
