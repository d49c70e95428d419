/** A queue as its editor holds it, and what of it was changed. */

import type { Queue, QueueEdit } from "../../../lib/api/types";

const FIELDS = [
  "name",
  "levels",
  "order",
  "ring_seconds",
  "weight",
  "level_wait_seconds",
  "target_percent",
  "target_seconds",
  "auto_assign",
  "consult",
  "open",
  "hours",
  "when_gone",
] as const;
export type QueueField = (typeof FIELDS)[number];
export type QueueDraft = Pick<Queue, Exclude<QueueField, "levels">> & { levels: Record<string, number> };

/** Returns a copy to edit. */
export function draftOf(queue: Queue): QueueDraft {
  const {
    id: _id,
    default: _default,
    opening: _o,
    members,
    waiting: _w,
    version: _v,
    ...rest
  } = structuredClone(queue);
  return { ...rest, levels: Object.fromEntries(members.map((member) => [member.id, member.level])) };
}

/** Returns the fields that differ from what was there. */
export function changesOf(queue: Queue, draft: QueueDraft): QueueField[] {
  const before = draftOf(queue);
  return FIELDS.filter((field) => stable(before[field]) !== stable(draft[field]));
}

/** Returns the change to send: only what differs. */
export function editOf(draft: QueueDraft, changes: readonly QueueField[]): QueueEdit {
  const { levels, ...rest } = draft;
  const all: QueueEdit = { ...rest, members: Object.entries(levels).map(([id, level]) => ({ id, level })) };
  return Object.fromEntries(
    changes.map((field) => {
      const name = field === "levels" ? "members" : field;
      return [name, all[name]];
    }),
  );
}

/** Returns a value as text that is the same for the same members in any order. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a.localeCompare(b)))
      : part,
  );
}
