/** What the page asks the server and what it gets back. docs/protocol.md, "The customer's page". */

import type { LegAnswer } from "../lib/api/types";

export type Media = "audio" | "video";
export type LinkState = "not_yet" | "active" | "in_use" | "used" | "expired" | "revoked";
export type EndReason =
  | "hung_up"
  | "abandoned"
  | "no_answer"
  | "message_left"
  | "callback_missed"
  | "lost"
  | "server_restart"
  | "failed"
  | "too_long";

export interface GuestLink {
  state: LinkState;
  centre_name: string;
  /** The centre's own words for this state. */
  text: string;
  starts_at: string | null;
  ends_at: string | null;
  audio_only: boolean;
  asks_name: boolean;
  name: string | null;
  available: "open" | "closed" | "nobody";
  /** Of a closed queue, when that is known. */
  opens_at: string | null;
  closed_text: string;
  /** What customers are told of being recorded; null while nothing is recorded. */
  consent: string | null;
  /** This browser's live call. */
  call: GuestCall | null;
}

export interface GuestMessage {
  number: number;
  at: string;
  from: "customer" | "agent";
  name: string;
  text: string;
}

export interface GuestCall {
  id: string;
  media: Media;
  phase: "waiting" | "transferring" | "talking" | "calling_back" | "ended";
  held_at: string | null;
  /** Since when the customer waits to be called back. */
  callback_at: string | null;
  /** Whether the customer may leave a message instead of waiting. */
  leaves_messages: boolean;
  /** A message that is being spoken, or was left; `until` it is sent by itself. */
  voice_message: { since: string; until: string } | null;
  started_at: string;
  answered_at: string | null;
  ended_at: string | null;
  now: string;
  end_reason: EndReason | null;
  ended_by: "customer" | "agent" | "system" | "network" | null;
  /** `away`: the line is closed, until we call back. */
  mine: "connecting" | "up" | "reconnecting" | "away";
  /** The connection that `mine` is about. */
  transport: string | null;
  agent: { name: string; state: "up" | "reconnecting" } | null;
  grace_until: string | null;
  wait_until: string;
  messages: GuestMessage[];
  link_state: LinkState;
  consent: string | null;
  /** Null: nothing of the present talk is kept. */
  recorded: "recording" | "paused" | "announcing" | null;
}

/** Where the customer stands in the queue: 1 is next. */
export interface GuestPlace {
  position: number;
  wait_minutes: number | null;
}

/** The server said no; `code` is its stable word. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly retryAfter: number | null,
  ) {
    super(code);
  }
}

const ROOT = "/api/v1/guest";
const LIMIT_MS = 10_000;

/** Throws `Refusal` when the server says no, and another error when it cannot be reached. */
async function ask<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const answer = await fetch(ROOT + path, {
    method,
    headers: { "X-CSRF": "1", ...(body ? { "Content-Type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({}))) as { code?: string };
  throw new Refusal(answer.status, problem.code ?? "", Number(answer.headers.get("Retry-After")) || null);
}

const part = encodeURIComponent;

export const getLink = (token: string) => ask<GuestLink>("GET", `/links/${part(token)}`);

/** The link as the server wrote it into the page, so that the first picture is the right one; null the second time. */
export function linkInPage(): GuestLink | null {
  const written = document.querySelector<HTMLMetaElement>('meta[name="parley-link"]');
  written?.remove();
  return written && (JSON.parse(written.content) as GuestLink);
}

export const startCall = (token: string, media: Media, name: string | null) =>
  ask<GuestCall>("POST", `/links/${part(token)}/calls`, name ? { media, name } : { media });

export const getCall = (id: string) => ask<GuestCall>("GET", `/calls/${id}`);

export const postOffer = (id: string, sdp: string, signal: AbortSignal) =>
  ask<LegAnswer>("POST", `/calls/${id}/leg`, { sdp }, signal);

export const askCallback = (id: string) => ask<GuestCall>("POST", `/calls/${id}/callback`);

const voiceMessage = (id: string) => `/calls/${id}/voice-message`;

export const beginMessage = (id: string, again: boolean) => ask<GuestCall>("POST", voiceMessage(id), { again });

export const sendMessage = (id: string) => ask<GuestCall>("POST", `${voiceMessage(id)}/send`);

export const cancelMessage = (id: string) => ask<GuestCall>("POST", `${voiceMessage(id)}/cancel`);

export const hangUp = (id: string) => ask<void>("POST", `/calls/${id}/hangup`);

export const postMessage = (id: string, text: string, key: string) =>
  ask<GuestMessage>("POST", `/calls/${id}/messages`, { text, key });

/** Tells the server, while the page goes away, that the leg is lost; a reload is then back sooner. */
export function legLost(id: string, transport: string): void {
  void fetch(`${ROOT}/calls/${id}/leg-lost`, {
    method: "POST",
    keepalive: true,
    headers: { "X-CSRF": "1", "Content-Type": "application/json" },
    body: JSON.stringify({ transport }),
  }).catch(() => {});
}

export function eventsUrl(id: string): string {
  const url = new URL(`${ROOT}/calls/${id}/events`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}
