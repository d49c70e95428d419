/** The call as the server sees it, pushed. The connection comes back by itself along the ladder. */

import { pause, retryDelay } from "../lib/rtc";
import { eventsUrl, getCall, Refusal, type GuestCall } from "./api";

const HEARTBEAT_MS = 10_000;

export interface EventsHandlers {
  oncall(call: GuestCall): void;
  /** The server does not know the call, or does not know us. */
  ongone(): void;
}

/** Follows the call until it has ended. Returns what stops it. */
export function followCall(id: string, handlers: EventsHandlers): () => void {
  const end = new AbortController();
  void follow(id, handlers, end.signal);
  return () => end.abort();
}

async function follow(id: string, { oncall, ongone }: EventsHandlers, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    await pause(retryDelay(attempt), signal);
    if (attempt > 0) {
      // A WebSocket does not say why it was refused; a request does, and brings the call as it is now.
      try {
        const call = await getCall(id);
        if (signal.aborted) return;
        oncall(call);
        if (call.phase === "ended") return;
      } catch (error) {
        if (error instanceof Refusal && [401, 403, 404].includes(error.status))
          return signal.aborted ? undefined : ongone();
        continue;
      }
    }
    if (await listen(id, oncall, signal)) attempt = 0;
  }
}

/** One connection, until it closes; says whether it brought anything. */
function listen(id: string, oncall: (call: GuestCall) => void, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    let useful = false;
    const socket = new WebSocket(eventsUrl(id));
    const close = () => socket.close();
    const beat = setInterval(() => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "heartbeat" }));
    }, HEARTBEAT_MS);
    signal.addEventListener("abort", close);
    addEventListener("offline", close);
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as { type: string; call?: GuestCall };
      useful = true;
      if (message.type === "call" && message.call && !signal.aborted) oncall(message.call);
    };
    socket.onclose = () => {
      clearInterval(beat);
      signal.removeEventListener("abort", close);
      removeEventListener("offline", close);
      resolve(useful);
    };
  });
}
