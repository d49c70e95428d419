/** How the team spent a period, as a table: which columns there are, how rows are ordered, what they add up to. */

import type { AgentTime, Group } from "../../lib/api/types";
import { GROUPS } from "../shell/statuses";

/** The activities that are work. */
export const ACTIVITIES = ["ringing", "in_call", "wrapping", "observing"] as const;
export type Activity = (typeof ACTIVITIES)[number];

export interface StatusColumn {
  id: string;
  name: string;
  group: Group;
}

/** What a table can be ordered by. */
export type Order =
  { by: "name" | "signed_in" | "utilisation" } | { by: "status"; id: string } | { by: "activity"; id: Activity };

/** The part of a row, or of the sum of all, that is added up. */
export type Spent = Pick<
  AgentTime,
  "statuses" | "activities" | "signed_in_seconds" | "working_seconds" | "utilisation"
>;

/** Returns the statuses in which anybody was, by group, in the order of `known`; those deleted since come last. */
export function statusColumns(agents: readonly Spent[], known: readonly string[] = []): StatusColumn[] {
  const found = new Map<string, StatusColumn>();
  for (const { statuses } of agents) {
    for (const { id, name, group } of statuses) if (!found.has(id)) found.set(id, { id, name, group });
  }
  const place = ({ id, group }: StatusColumn): number => {
    const at = known.indexOf(id);
    return GROUPS.indexOf(group) * (known.length + 1) + (at === -1 ? known.length : at);
  };
  return [...found.values()].sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name));
}

export const inStatus = (spent: Spent, id: string): number => spent.statuses.find((one) => one.id === id)?.seconds ?? 0;
export const inActivity = (spent: Spent, id: Activity): number => spent.activities[id] ?? 0;

/** Adds everybody up. The utilisation is that of the whole time, so who was there longer counts for more. */
export function summed(agents: readonly Spent[]): Spent {
  const add = (of: (agent: Spent) => number): number => agents.reduce((sum, agent) => sum + of(agent), 0);
  const signedIn = add((agent) => agent.signed_in_seconds);
  const working = add((agent) => agent.working_seconds);
  return {
    statuses: statusColumns(agents).map((column) => ({
      ...column,
      seconds: add((agent) => inStatus(agent, column.id)),
    })),
    activities: Object.fromEntries(ACTIVITIES.map((id) => [id, add((agent) => inActivity(agent, id))])),
    signed_in_seconds: signedIn,
    working_seconds: working,
    utilisation: signedIn === 0 ? null : working / signedIn,
  };
}

/** Orders rows: names from A to Z, times and shares from the most to the least; equal ones by name. */
export function ordered(agents: readonly AgentTime[], order: Order): AgentTime[] {
  const amount = (agent: AgentTime): number => {
    switch (order.by) {
      case "name":
        return 0;
      case "signed_in":
        return agent.signed_in_seconds;
      case "utilisation":
        return agent.utilisation ?? -1;
      case "status":
        return inStatus(agent, order.id);
      case "activity":
        return inActivity(agent, order.id);
    }
  };
  return [...agents].sort((a, b) => amount(b) - amount(a) || a.name.localeCompare(b.name));
}
