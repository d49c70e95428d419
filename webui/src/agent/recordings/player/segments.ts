import type { RecordingItem } from "../../../lib/api/types";

/** One agent's talk, in seconds of the recording. */
export interface Part {
  agent: string;
  from: number;
  to: number;
}

/** Places the agents' talks on the recording's own clock, which begins with the first of them. */
export function partsOf({ segments, started_at, seconds }: RecordingItem): Part[] {
  const length = seconds ?? 0;
  const place = (at: string): number => Math.max(0, Math.min(length, (Date.parse(at) - Date.parse(started_at)) / 1000));
  return segments.map(({ agent, began_at, ended_at }) => ({
    agent: agent.name,
    from: place(began_at),
    to: ended_at === null ? length : place(ended_at),
  }));
}
