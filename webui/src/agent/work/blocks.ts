import type { Entry } from "../../lib/api/types";
import { dayOf } from "../../lib/i18n/format";

export type Spoken = Extract<Entry, { type: "message" | "note" }>;
export type Happened = Exclude<Entry, Spoken>;

/** What the thread shows one below the other: a new day, what somebody wrote, or a run of things that happened. */
export type Block =
  | { kind: "day"; key: string; at: string }
  | { kind: "spoken"; key: string; entry: Spoken; follows: boolean }
  | { kind: "happened"; key: string; entries: Happened[] };

const CLOSE_MS = 5 * 60_000;

/** Groups entries for reading. A message `follows` when the same person wrote the one before, minutes ago. */
export function blocksOf(entries: readonly Entry[]): Block[] {
  const blocks: Block[] = [];
  let day = "";
  for (const entry of entries) {
    if (dayOf(entry.at) !== day) {
      day = dayOf(entry.at);
      blocks.push({ kind: "day", key: `day-${day}`, at: entry.at });
    }
    const last = blocks.at(-1);
    if (entry.type === "message" || entry.type === "note") {
      const follows = last?.kind === "spoken" && continues(last.entry, entry);
      blocks.push({ kind: "spoken", key: `entry-${entry.number}`, entry, follows });
    } else if (last?.kind === "happened") last.entries.push(entry);
    else blocks.push({ kind: "happened", key: `entry-${entry.number}`, entries: [entry] });
  }
  return blocks;
}

function continues(before: Spoken, after: Spoken): boolean {
  const sameHand =
    before.type === after.type && before.actor.id === after.actor.id && before.actor.kind === after.actor.kind;
  return sameHand && Date.parse(after.at) - Date.parse(before.at) < CLOSE_MS;
}
