/** What the page shows and why: the link, then a call, then its end. Knows no DOM; `onchange` draws. */

import { callsSupported, pause, retryDelay } from "../lib/rtc";
import * as api from "./api";
import { Bell } from "./bell";
import { followCall } from "./events";
import { Live } from "./live";
import { Own } from "./own";
import type { Ending, Page, Screen, Wanted } from "./screens";
import { t } from "./words";

/** After these an agent may call back: nobody talked to the customer. */
const CALLS_AGAIN: readonly Ending[] = [
  "left",
  "no_answer",
  "no_callback",
  "message_left",
  "message_full",
  "message_cut",
  "callback_missed",
  "server_restart",
  "failed",
];

/** So many seconds after a message was begun something may have been said, and is kept however the call ends. */
const SAID_S = 2;

/** How often a page that may open by itself looks again, in milliseconds. */
const LOOK_AGAIN: Partial<Record<Page, number>> = {
  not_yet: 30_000,
  in_use: 30_000,
  closed: 30_000,
  nobody: 30_000,
  unreachable: 5_000,
  away: 5_000,
};

const PAGE_OF_REFUSAL: Record<string, Page> = {
  not_found: "unknown",
  link_in_use: "in_use",
  link_used: "used",
  link_expired: "expired",
  link_revoked: "revoked",
  link_not_yet: "not_yet",
  nobody_here: "nobody",
  queue_closed: "closed",
  restarting: "restarting",
  busy: "busy",
  database_away: "away",
};

/** Where a call waits on its page until it can be let in. */
const LET_IN_LATER: readonly Page[] = ["restarting", "busy", "away"];
/** How long it waits where the server did not say so, or cannot be reached while it restarts. */
const LATER_S = 3;

export class Session {
  screen: Screen = { kind: "loading" };
  link: api.GuestLink | null = null;
  /** The call that is being started. */
  starting: api.Media | null = null;
  checking = false;
  nameMissing = false;
  /** What went wrong with the last press of a button, as a sentence. */
  error: string | null = null;
  readonly own: Own;
  readonly bell = new Bell();
  private lookAgain: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly token: string,
    private readonly onchange: () => void,
  ) {
    this.own = new Own(() => {
      if (this.screen.kind === "live") this.screen.live.ownChanged();
      this.onchange();
    });
    addEventListener("online", () => this.screen.kind === "page" && void this.load());
  }

  /** Reads the link and shows what it allows. */
  async load(): Promise<void> {
    clearTimeout(this.lookAgain);
    if (this.screen.kind === "page" && this.screen.later) return this.startLater(this.screen.later);
    try {
      const link = api.linkInPage() ?? (await api.getLink(this.token));
      if (this.screen.kind === "live") return;
      this.link = link;
      this.showLink(link);
    } catch (error) {
      if (this.screen.kind === "live") return;
      const unknown = error instanceof api.Refusal && PAGE_OF_REFUSAL[error.code];
      this.showPage(unknown || "unreachable");
    }
  }

  /** Opens camera and microphone so that one sees and hears oneself before the call. */
  async check(): Promise<void> {
    this.checking = true;
    this.onchange();
    await this.own.open(this.link?.audio_only === false);
    this.checking = false;
    this.onchange();
  }

  async start(media: api.Media, name: string): Promise<void> {
    if (this.starting || this.screen.kind !== "before") return;
    this.error = null;
    this.nameMissing = this.link?.asks_name === true && name.trim() === "";
    if (this.nameMissing) return this.onchange();
    this.starting = media;
    this.onchange();
    await this.own.open(media === "video");
    if (this.own.microphone.track) await this.call({ media, name: name.trim() });
    this.starting = null;
    this.onchange();
  }

  /** Ends the call at once here; the server is told until it has heard. */
  leave(): void {
    if (this.screen.kind !== "live") return;
    const { live } = this.screen;
    const { call, ahead } = live;
    const told = tell(() => api.hangUp(call.id));
    const ended = { ...call, ended_at: new Date(Date.now() + ahead).toISOString() };
    const kept = call.voice_message !== null && live.since(call.voice_message.since) >= SAID_S;
    this.end(kept ? "message_left" : leavingOf(call), ended, told);
    if (call.voice_message !== null) void told.then(() => this.learnEnding(call.id));
  }

  /** Says how a call has ended that was ended here, as the server has it: the clocks may not agree to the moment. */
  private async learnEnding(id: string): Promise<void> {
    const call = await api.getCall(id).catch(() => null);
    if (call?.phase !== "ended" || this.screen.kind !== "ended" || this.screen.call.id !== id) return;
    this.screen = { ...this.screen, how: endingOf(call) };
    this.onchange();
  }

  /** Leaves the line and keeps the place, to be called back. */
  async askCallback(): Promise<void> {
    if (this.screen.kind !== "live" || this.starting) return;
    const { live } = this.screen;
    this.error = null;
    this.bell.unlock();
    if (await live.leaveLine()) this.own.close();
    else this.error = t("error.callback");
    this.onchange();
  }

  /** Speaks a message instead of waiting, or speaks it `again` from its beginning. */
  async beginMessage(again: boolean): Promise<void> {
    if (this.own.muted) this.own.toggleMute();
    await this.message((id) => api.beginMessage(id, again));
  }

  /** Ends the call with the message. */
  sendMessage(): Promise<void> {
    return this.message(api.sendMessage);
  }

  /** Throws the message away and waits on. */
  cancelMessage(): Promise<void> {
    return this.message(api.cancelMessage);
  }

  private async message(request: (id: string) => Promise<api.GuestCall>): Promise<void> {
    if (this.screen.kind !== "live") return;
    this.error = null;
    try {
      await this.screen.live.after(request);
    } catch (error) {
      const empty = error instanceof api.Refusal && error.code === "message_empty";
      this.error = t(empty ? "error.message-empty" : "error.message");
    }
    this.onchange();
  }

  /** Answers the call back, or waits on the line instead. */
  async openLine(): Promise<void> {
    if (this.screen.kind !== "live") return;
    const { live } = this.screen;
    this.bell.stop();
    await this.own.open(live.call.media === "video");
    if (this.screen.kind === "live" && this.screen.live === live) live.openLine();
    this.onchange();
  }

  /** Sends a chat message; false when it did not arrive. */
  async send(text: string, key: string): Promise<boolean> {
    if (this.screen.kind !== "live") return false;
    const { live } = this.screen;
    try {
      const message = await api.postMessage(live.call.id, text, key);
      if (!live.call.messages.some(({ number }) => number === message.number)) live.call.messages.push(message);
      this.onchange();
      return true;
    } catch {
      return false;
    }
  }

  /** Asks once more for the call that could not be let in. */
  private async startLater(wanted: Wanted): Promise<void> {
    if (this.starting) return;
    this.starting = wanted.media;
    await this.call(wanted);
    this.starting = null;
    this.onchange();
  }

  private async call(wanted: Wanted): Promise<void> {
    const { media, name } = wanted;
    const before = this.screen;
    try {
      const call = await api.startCall(this.token, media, this.link?.asks_name ? name : null);
      if (this.own.microphone.track) this.resume(call);
      else await this.comeBack(call);
    } catch (error) {
      const refusal = error instanceof api.Refusal ? error : null;
      const page = refusal && PAGE_OF_REFUSAL[refusal.code];
      const waited = before.kind === "page" && (!refusal || refusal.status === 429) ? before.page : null;
      if (waited) return this.waitOn(waited, wanted, refusal);
      if (page && LET_IN_LATER.includes(page)) return this.waitOn(page, wanted, refusal);
      if (before.kind === "page" && !page && this.link) this.showLink(this.link);
      if (page) this.showPage(page);
      else if (refusal?.code === "name_needed") this.nameMissing = true;
      else if (refusal?.status === 429) this.error = t("error.slow_down", { count: refusal.retryAfter ?? 10 });
      else this.error = t(refusal ? "error.other" : "error.unreachable");
    }
  }

  private showLink(link: api.GuestLink): void {
    if (link.call && link.call.phase !== "ended") void this.comeBack(link.call);
    else if (link.state !== "active") this.showPage(link.state);
    else if (!isSecureContext) this.showPage("insecure");
    else if (!callsSupported()) this.showPage("unsupported");
    else if (link.available !== "open") this.showPage(link.available);
    else {
      this.show({ kind: "before" });
      void this.checkIfAllowed(link);
    }
  }

  /** Shows camera and microphone by itself where the person has allowed them before, so that no question comes up. */
  private async checkIfAllowed(link: api.GuestLink): Promise<void> {
    const names = link.audio_only ? ["microphone"] : ["microphone", "camera"];
    // Not every browser knows these names; it says so by throwing.
    const query = async (name: string) => (await navigator.permissions.query({ name: name as PermissionName })).state;
    const states = await Promise.all(names.map(query)).catch(() => ["prompt"]);
    const still = this.screen.kind === "before" && !this.starting && !this.checking;
    if (still && states.every((state) => state === "granted")) await this.check();
  }

  /** After a reload in mid-call: the call first, since every second counts, then the devices. */
  private async comeBack(call: api.GuestCall): Promise<void> {
    this.resume(call);
    if (call.mine !== "away") await this.own.open(call.media === "video");
  }

  private resume(call: api.GuestCall): void {
    const live: Live = new Live(call, this.own, {
      onchange: () => this.liveChanged(),
      onelsewhere: () => this.leaveTo({ kind: "page", page: "elsewhere" }),
      ongone: () => this.end("gone", live.call),
      oncalledback: (next) => this.resume(next),
    });
    this.own.closeMeter();
    this.show({ kind: "live", live });
    this.liveChanged();
  }

  private liveChanged(): void {
    if (this.screen.kind !== "live") return;
    const { call } = this.screen.live;
    if (call.phase === "ended") return this.end(endingOf(call), call);
    // It rings until the customer has answered here; then another tab falls silent by being told that it is taken.
    if (call.phase === "calling_back" && !this.screen.live.leg) this.bell.ring(call.agent?.name ?? null);
    else this.bell.stop();
    this.onchange();
  }

  private end(how: Ending, call: api.GuestCall, told?: Promise<void>): void {
    this.leaveTo({ kind: "ended", how, call }, told);
    if (!CALLS_AGAIN.includes(how) || this.screen.kind !== "ended") return;
    this.screen.listening = followCall(call.id, {
      relayed: () => false,
      oncall: (now) => now.id !== call.id && this.resume(now),
      onplace: () => {},
      ongone: () => void this.load(),
    });
  }

  private leaveTo(screen: Screen, told?: Promise<void>): void {
    const before = this.screen;
    this.bell.stop();
    this.screen = screen; // first, since what closes says that it has changed
    if (before.kind === "live") before.live.close(told);
    this.own.close();
    this.onchange();
  }

  private showPage(page: Page): void {
    this.own.close();
    const again = LOOK_AGAIN[page];
    if (again) this.lookAgain = setTimeout(() => void this.load(), again);
    this.show({ kind: "page", page });
  }

  /** Shows why a call is not let in yet, and asks again by itself; not all pages in the same moment. */
  private waitOn(page: Page, later: Wanted, refusal: api.Refusal | null): void {
    this.own.close();
    const wait = (refusal?.retryAfter ?? LATER_S) * (1 + Math.random() / 2);
    this.lookAgain = setTimeout(() => void this.load(), wait * 1000);
    this.show({ kind: "page", page, later });
  }

  private show(screen: Screen): void {
    if (this.screen.kind === "ended") this.screen.listening?.stop();
    this.screen = screen;
    this.onchange();
  }
}

function leavingOf(call: api.GuestCall): Ending {
  if (call.phase === "calling_back") return "not_now";
  return call.answered_at ? "you" : "left";
}

export function endingOf(call: api.GuestCall): Ending {
  switch (call.end_reason) {
    case "hung_up":
    case null:
      return call.ended_by === "customer" ? (call.answered_at ? "you" : "left") : "agent";
    case "abandoned":
      if (call.ended_by !== "network") return "left";
      return call.mine === "connecting" ? "unreached" : "lost";
    case "no_answer":
      return call.callback_at ? "no_callback" : "no_answer";
    case "message_left":
      if (call.ended_by === "customer") return "message_left";
      return messageIsFull(call) ? "message_full" : "message_cut";
    case "callback_missed":
      return call.ended_by === "customer" ? "not_now" : "callback_missed";
    default:
      return call.end_reason;
  }
}

function messageIsFull({ voice_message, ended_at }: api.GuestCall): boolean {
  return voice_message !== null && ended_at !== null && Date.parse(ended_at) >= Date.parse(voice_message.until);
}

/** Repeats a request that is harmless to repeat until the server has taken or refused it. */
async function tell(request: () => Promise<void>): Promise<void> {
  const { signal } = new AbortController();
  for (let attempt = 0; attempt < 8; attempt++) {
    await pause(retryDelay(attempt), signal);
    try {
      return await request();
    } catch (error) {
      if (error instanceof api.Refusal) return;
    }
  }
}
