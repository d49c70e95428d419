import { retryDelay } from "../rtc/ladder";
import { learn, type Known } from "./panel-state";
import type {
  CallQuality,
  Change,
  ClientMessage,
  DiskTrouble,
  ServerMessage,
  Snapshot,
  Sound,
  Wallboard,
} from "./types";

/** `offline` carries when the next try is due, in ms of `Date.now()`. */
export type Link = { state: "connecting" } | { state: "online" } | { state: "offline"; retryAt: number };

export interface PanelListener {
  /** The server said something new; `message` is what, `known` what is known now. */
  onKnown(known: Known, message: Snapshot | Change): void;
  /** How the lines of the call are at the moment. */
  onQuality(quality: CallQuality): void;
  /** Who waits and who works, as the wallboard shows it. */
  onWallboard(board: Wallboard): void;
  /** What is the matter with the disk for recordings from now on; null when nothing is. */
  onRecordingTrouble(what: DiskTrouble | null): void;
  /** The server stops as soon as nobody talks any more. */
  onRestarting(): void;
  /** The server's clock as it was just now, in ms. */
  onClock(now: number): void;
  onLink(link: Link): void;
  /** Nobody is signed in any more; the socket has stopped. */
  onSignedOut(): void;
}

/** A source of ticks that a hidden page does not slow down. */
export interface Ticker {
  pace(ms: number): void;
  onTick(listener: () => void): void;
  /** Ends for good. */
  end(): void;
}

/** A server that says nothing for this long, although it answers each heartbeat, is gone. */
const SILENT_AFTER_BEATS = 2.5;
/** A connection that is not open by then is given up. */
const OPEN_LIMIT_MS = 10_000;

/** The panel's WebSocket: it comes back by itself, resumes where it was, and hands on what it learns. */
export class PanelSocket {
  private socket: WebSocket | null = null;
  private known: Known | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heardAt = 0;
  private beatMs = 10_000;
  private watched: string | null = null;
  private following = false;
  private running = false;

  constructor(
    private readonly url: string,
    private readonly tab: string,
    private sound: Sound,
    private readonly listener: PanelListener,
    private readonly ticker: Ticker,
  ) {
    ticker.onTick(() => this.beat());
  }

  start(): void {
    this.running = true;
    addEventListener("online", this.retryNow);
    this.connect();
  }

  /** Ends for good. */
  stop(): void {
    this.running = false;
    removeEventListener("online", this.retryNow);
    this.ticker.end();
    this.drop();
  }

  /** Tries at once instead of at the next step of the ladder. */
  readonly retryNow = (): void => {
    if (!this.running || this.socket?.readyState === WebSocket.OPEN) return;
    this.attempt = 0;
    this.connect();
  };

  setSound(sound: Sound): void {
    if (sound === this.sound) return;
    this.sound = sound;
    this.send({ type: "sound", sound });
  }

  /** Names the conversation in view, so that the server says when it changes. */
  watch(conversation: string | null): void {
    if (conversation === this.watched) return;
    this.watched = conversation;
    this.send({ type: "watch", conversation_id: conversation });
  }

  /** Says whether the wallboard is in view: only then is it sent. */
  followWallboard(following: boolean): void {
    if (following === this.following) return;
    this.following = following;
    this.send({ type: "follow", wallboard: following });
  }

  /** Sets the time between two heartbeats; while a call rings they come faster. */
  setBeat(ms: number): void {
    if (ms === this.beatMs) return;
    this.beatMs = ms;
    if (this.socket?.readyState === WebSocket.OPEN) this.ticker.pace(ms);
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.drop();
    this.listener.onLink({ state: "connecting" });
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.timer = setTimeout(() => this.lost(), OPEN_LIMIT_MS);
    socket.onopen = () => {
      clearTimeout(this.timer);
      this.heardAt = Date.now();
      // A new connection is told only of what is the matter.
      this.listener.onRecordingTrouble(null);
      this.hello(this.known?.upto ?? null);
      this.ticker.pace(this.beatMs);
    };
    socket.onmessage = (event) => this.receive(JSON.parse(String(event.data)) as ServerMessage);
    socket.onclose = (event) => {
      if (event.code === 4401) this.signedOut();
      else this.lost();
    };
  }

  private hello(resume: number | null): void {
    this.send({ type: "hello", tab: this.tab, resume, sound: this.sound });
    if (this.watched !== null) this.send({ type: "watch", conversation_id: this.watched });
    if (this.following) this.send({ type: "follow", wallboard: true });
  }

  private receive(message: ServerMessage): void {
    this.heardAt = Date.now();
    switch (message.type) {
      case "pong":
        this.online();
        return this.listener.onClock(Date.parse(message.now));
      case "wallboard":
        this.listener.onClock(Date.parse(message.now));
        return this.listener.onWallboard(message);
      case "recording_trouble":
        return this.listener.onRecordingTrouble(message.what);
      case "restarting":
        return this.listener.onRestarting();
      case "quality":
        return this.listener.onQuality(message);
      case "snapshot":
      case "change": {
        this.listener.onClock(Date.parse(message.now));
        const known = learn(this.known, message);
        if (known === "gap") {
          this.known = null;
          return this.hello(null);
        }
        this.known = known;
        this.online();
        return this.listener.onKnown(known, message);
      }
    }
  }

  private online(): void {
    this.attempt = 0;
    this.listener.onLink({ state: "online" });
  }

  private signedOut(): void {
    this.stop();
    this.listener.onSignedOut();
  }

  private beat(): void {
    if (Date.now() - this.heardAt > SILENT_AFTER_BEATS * this.beatMs) this.lost();
    else this.send({ type: "heartbeat" });
  }

  private lost(): void {
    if (!this.running) return;
    this.drop();
    this.ticker.pace(0);
    const delay = retryDelay(this.attempt++);
    this.listener.onLink({ state: "offline", retryAt: Date.now() + delay });
    this.timer = setTimeout(() => this.connect(), delay);
  }

  private drop(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private send(message: ClientMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
