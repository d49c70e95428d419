import type { Change, ConversationItem, PanelState, Snapshot } from "./types";

/** What the server last said, and up to which fact. */
export interface Known {
  readonly upto: number;
  readonly state: PanelState;
}

/** At the most this many conversations are in My Work (MW-11). */
export const MY_WORK_LIMIT = 50;

/**
 * Returns what is known after a message, or `gap` when a change does not follow the last one, so that the only
 * right thing is to ask for a snapshot.
 */
export function learn(known: Known | null, message: Snapshot | Change): Known | "gap" {
  if (message.type === "snapshot") return { upto: message.upto, state: ordered(message.state) };
  if (known === null || known.upto !== message.after) return "gap";
  const { me, neglected, ...parts } = message.set;
  const state: PanelState = {
    ...known.state,
    ...parts,
    me: me ?? known.state.me,
    neglected: neglected ?? known.state.neglected,
    conversations: merged(known.state.conversations, message.conversations),
    team: merged(known.state.team, message.team),
    total: message.total ?? known.state.total,
  };
  return { upto: message.upto, state: ordered(state) };
}

function merged<T extends { id: string }>(list: readonly T[], change: { upsert: readonly T[]; remove: string[] }): T[] {
  const fresh = new Map(change.upsert.map((item) => [item.id, item]));
  const kept = list.filter((item) => !change.remove.includes(item.id));
  const replaced = kept.map((item) => fresh.get(item.id) ?? item);
  const known = new Set(kept.map((item) => item.id));
  return [...replaced, ...change.upsert.filter((item) => !known.has(item.id))];
}

function ordered(state: PanelState): PanelState {
  return {
    ...state,
    conversations: state.conversations
      .filter((item) => item.assignee?.id === state.me.id && item.status !== "closed")
      .sort(latestCustomerFirst)
      .slice(0, MY_WORK_LIMIT),
    team: [...state.team].sort((a, b) => a.name.localeCompare(b.name)),
  };
}

/** MW-03: the latest customer message on top; those without any come last. */
function latestCustomerFirst(a: ConversationItem, b: ConversationItem): number {
  const at = (item: ConversationItem): number =>
    item.last_customer_at === null ? -Infinity : Date.parse(item.last_customer_at);
  return at(a) === at(b) ? a.id.localeCompare(b.id) : at(b) - at(a);
}
