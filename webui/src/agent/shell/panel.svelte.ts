import { untrack } from "svelte";
import { PanelSocket, type Link } from "../../lib/api/panel-socket";
import { workerTicker } from "../../lib/api/ticker";
import type { CallQuality, DiskTrouble, PanelState, Sound, StaleList, Wallboard } from "../../lib/api/types";
import { Clock } from "./clock.svelte";

const SOCKET_URL = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/panel`;
const BEAT_MS = 10_000;
/** What is told of the lines in a minute, every 2 s; and when it is too old to be shown. */
const MINUTE = 30;
const FORGOTTEN_MS = 8_000;
const BEAT_WHILE_RINGING_MS = 2_000;

/** What a list on the page hears about: a thread with new entries, a stale list, or everything, after a gap. */
type News = { kind: "everything" } | { kind: "thread"; conversation: string } | { kind: "stale"; list: StaleList };

/** The panel as the server sees it. Pages show this and never guess ahead of it. */
export class Panel {
  state = $state.raw<PanelState | null>(null);
  link = $state.raw<Link>({ state: "connecting" });
  /** How the lines of the call were in the last minute, the latest last; empty when nothing is told any more. */
  minute = $state.raw<readonly CallQuality[]>([]);
  /** What the wallboard shows; null before the first push of a time in which it is in view. */
  wallboard = $state.raw<Wallboard | null>(null);
  /** What is the matter with the disk for recordings, as far as this person is told of it. */
  recordingTrouble = $state<DiskTrouble | null>(null);
  /** The server that this panel is connected to is about to stop. */
  restarting = $state(false);
  readonly clock = new Clock();
  private forgetting: ReturnType<typeof setTimeout> | undefined;
  private readonly readers = new Set<(news: News) => void>();
  private readonly socket: PanelSocket;

  constructor(
    readonly tab: string,
    onSignedOut: () => void,
  ) {
    const sound: Sound = "off";
    this.socket = new PanelSocket(
      SOCKET_URL,
      tab,
      sound,
      {
        onKnown: (known, message) => {
          this.state = known.state;
          this.socket.setBeat(known.state.me.state === "ringing" ? BEAT_WHILE_RINGING_MS : BEAT_MS);
          if (message.type === "snapshot") this.tell({ kind: "everything" });
          else {
            message.threads.forEach((conversation) => this.tell({ kind: "thread", conversation }));
            message.stale.forEach((list) => this.tell({ kind: "stale", list }));
          }
        },
        onWallboard: (board) => (this.wallboard = board),
        onRecordingTrouble: (what) => (this.recordingTrouble = what),
        onQuality: (quality) => this.learn(quality),
        onClock: (now) => this.clock.set(now),
        onRestarting: () => (this.restarting = true),
        onLink: (link) => {
          this.link = link;
          if (link.state !== "online") this.restarting = false;
        },
        onSignedOut,
      },
      workerTicker(),
    );
  }

  start(): void {
    this.socket.start();
  }

  stop(): void {
    clearTimeout(this.forgetting);
    this.socket.stop();
  }

  retryNow(): void {
    this.socket.retryNow();
  }

  setSound(sound: Sound): void {
    this.socket.setSound(sound);
  }

  watch(conversation: string | null): void {
    this.socket.watch(conversation);
  }

  /** Says whether the wallboard is in view. */
  followWallboard(following: boolean): void {
    if (!following) this.wallboard = null;
    this.socket.followWallboard(following);
  }

  /** Calls `reader` with all news from now on. Returns the way to stop. */
  onNews(reader: (news: News) => void): () => void {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  private learn(quality: CallQuality): void {
    const before = this.minute.filter(({ call_id }) => call_id === quality.call_id);
    this.minute = [...before, quality].slice(-MINUTE);
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => (this.minute = []), FORGOTTEN_MS);
  }

  private tell(news: News): void {
    untrack(() => this.readers.forEach((reader) => reader(news)));
  }
}
