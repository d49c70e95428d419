/** How long to wait before each try of something that must come back: a leg's transport, a WebSocket. */

const STEPS_MS = [0, 300, 1200, 2700, 4800, 7000] as const;

/**
 * Milliseconds before try number `attempt` (from 0). The first comes at once; the others get up to a third on top,
 * so that a thousand pages that lost the same server do not return in the same instant. The last step repeats.
 */
export function retryDelay(attempt: number, random: () => number = Math.random): number {
  const step = STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)] ?? 0;
  return Math.round(step * (1 + random() / 3));
}

/**
 * Resolves after `ms`, or earlier when the network comes back or `signal` aborts; it never rejects, so look at the
 * signal afterwards.
 */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    addEventListener("online", done);
  });
}
