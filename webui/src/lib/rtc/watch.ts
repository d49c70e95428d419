/** Looks after a connection that is up: is it lost, do pictures arrive? */

import { readCounters, type Counters } from "./counters";
import { readRelayed } from "./route";

export interface Findings {
  /** The connection is of no use any more, or not now: it may return when its network does. Reported once. */
  onlost(mayReturn: boolean): void;
  /** Pictures have begun to arrive, or have stopped. */
  onpictures(arriving: boolean): void;
  /** The packets go through a relay, or directly. */
  onroute(relayed: boolean): void;
}

const LOOK_MS = 500;
const RETURN_LOOK_MS = 200;
/** Without any packet for so long a connection is dead, long before the browser says so. */
const SILENT_LOOKS = 4000 / LOOK_MS;
/** Browsers pass through "disconnected" on a short hiccup and often come back by themselves. */
const DISCONNECTED_MS = 2000;
/** A camera that was switched off leaves its last picture standing for this long; a new one may take as long to begin. */
const STILL_LOOKS = 2000 / LOOK_MS;

/** Watches until the returned function is called. */
export function watchConnection(connection: RTCPeerConnection, findings: Findings): () => void {
  const timer = setInterval(() => void look(), LOOK_MS);
  let downTimer: ReturnType<typeof setTimeout> | undefined;
  let before: Counters | null = null;
  let silent = 0;
  let still = 0;
  let stopped = false;

  function stateChanged(): void {
    clearTimeout(downTimer);
    if (connection.connectionState === "failed") lost(false);
    if (connection.connectionState === "disconnected") downTimer = setTimeout(() => lost(true), DISCONNECTED_MS);
  }

  async function look(): Promise<void> {
    const report = await connection.getStats();
    if (stopped) return;
    const now = readCounters(report);
    const relayed = readRelayed(report);
    if (relayed !== null) findings.onroute(relayed);
    silent = before && now.heard > 0 && now.heard === before.heard ? silent + 1 : 0;
    if (silent >= SILENT_LOOKS) return lost(true);
    still = now.framesDecoded > (before?.framesDecoded ?? 0) ? 0 : still + 1;
    if (still === 0) findings.onpictures(true);
    else if (still === STILL_LOOKS) findings.onpictures(false);
    before = now;
  }

  function lost(mayReturn: boolean): void {
    stop();
    findings.onlost(mayReturn);
  }

  function stop(): void {
    stopped = true;
    clearInterval(timer);
    clearTimeout(downTimer);
    connection.removeEventListener("connectionstatechange", stateChanged);
  }

  connection.addEventListener("connectionstatechange", stateChanged);
  return stop;
}

/** Resolves when a lost connection is heard again; never, once it is closed or `signal` aborted. */
export function returned(connection: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let before: number | null = null;
    const timer = setInterval(() => void look(), RETURN_LOOK_MS);
    const stop = () => clearInterval(timer);
    signal.addEventListener("abort", stop);

    async function look(): Promise<void> {
      if (connection.connectionState === "closed") return stop();
      const { heard } = readCounters(await connection.getStats());
      if (signal.aborted) return;
      // A browser that does not call it connected gets no answers, though it may hear the other side still.
      if (before !== null && heard > before && connection.connectionState === "connected") {
        stop();
        resolve();
      }
      before = heard;
    }
  });
}
