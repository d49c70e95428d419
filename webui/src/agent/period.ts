/** A period that somebody chose by its first and last day, as date fields write them; empty is open. */
export interface Days {
  from: string;
  to: string;
}

/** Returns the instants between which the days lie in the reader's own zone; the end is the midnight after the last. */
export function instantsOf({ from, to }: Days): { since?: string; until?: string } {
  const since = midnight(from, 0);
  const until = midnight(to, 1);
  return { ...(since && { since }), ...(until && { until }) };
}

function midnight(day: string, later: number): string | null {
  const [year, month, date] = day.split("-").map(Number);
  if (year === undefined || month === undefined || date === undefined) return null;
  return new Date(year, month - 1, date + later).toISOString();
}
