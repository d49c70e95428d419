/** The call as the server sees it, pushed. The connection comes back by itself along the ladder. */

import { pause, retryDelay } from "../lib/rtc";
import { eventsUrl, getCall, Refusal, type GuestCall, type GuestPlace } from "./api";

const HEARTBEAT_MS = 10_000;

export interface EventsHandlers {
  /** Our packets go through a relay. */
  relayed(): boolean;
  oncall(call: GuestCall): void;
  onplace(place: GuestPlace | null): void;
  /** The server does not know the call, or does not know us. */
  ongone(): void;
}

export interface Events {
  /** Sends a heartbeat at once: what it says has changed. */
  beat(): void;
  stop(): void;
}

/** Follows the call until it has ended, or is stopped. */
export function followCall(id: string, handlers: EventsHandlers): Events {
  const end = new AbortController();
  const beats = new EventTarget();
  void follow(id, handlers, beats, end.signal);
  return { beat: () => void beats.dispatchEvent(new Event("beat")), stop: () => end.abort() };
}

async function follow(id: string, handlers: EventsHandlers, beats: EventTarget, signal: AbortSignal): Promise<void> {
  const { oncall, ongone } = handlers;
  for (let attempt = 0; !signal.aborted; attempt++) {
    await pause(retryDelay(attempt), signal);
    if (attempt > 0) {
      // A WebSocket does not say why it was refused; a request does, and brings the call as it is now.
      try {
        const call = await getCall(id);
        if (signal.aborted) return;
        oncall(call);
      } catch (error) {
        if (error instanceof Refusal && [401, 403, 404].includes(error.status))
          return signal.aborted ? undefined : ongone();
        continue;
      }
    }
    if (await listen(id, handlers, beats, signal)) attempt = 0;
  }
}

/** One connection, until it closes; says whether it brought anything. */
function listen(
  id: string,
  { oncall, onplace, relayed }: EventsHandlers,
  beats: EventTarget,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    let useful = false;
    const socket = new WebSocket(eventsUrl(id));
    const close = () => socket.close();
    const beat = () => {
      const heartbeat = JSON.stringify({ type: "heartbeat", relayed: relayed() });
      if (socket.readyState === WebSocket.OPEN) socket.send(heartbeat);
    };
    const timer = setInterval(beat, HEARTBEAT_MS);
    socket.onopen = beat;
    beats.addEventListener("beat", beat);
    signal.addEventListener("abort", close);
    addEventListener("offline", close);
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as
        { type: "call"; call: GuestCall } | { type: "place"; place: GuestPlace | null };
      useful = true;
      if (signal.aborted) return;
      if (message.type === "call") oncall(message.call);
      else if (message.type === "place") onplace(message.place);
    };
    socket.onclose = () => {
      clearInterval(timer);
      beats.removeEventListener("beat", beat);
      signal.removeEventListener("abort", close);
      removeEventListener("offline", close);
      resolve(useful);
    };
  });
}
