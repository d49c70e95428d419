import { untrack } from "svelte";
import { PanelSocket, type Link } from "../../lib/api/panel-socket";
import { workerTicker } from "../../lib/api/ticker";
import type { PanelState, Sound, StaleList } from "../../lib/api/types";
import { Clock } from "./clock.svelte";

const SOCKET_URL = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/panel`;
const BEAT_MS = 10_000;
const BEAT_WHILE_RINGING_MS = 2_000;

/** What a list on the page hears about: a thread with new entries, a stale list, or everything, after a gap. */
type News = { kind: "everything" } | { kind: "thread"; conversation: string } | { kind: "stale"; list: StaleList };

/** The panel as the server sees it. Pages show this and never guess ahead of it. */
export class Panel {
  state = $state.raw<PanelState | null>(null);
  link = $state.raw<Link>({ state: "connecting" });
  readonly clock = new Clock();
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
        onClock: (now) => this.clock.set(now),
        onLink: (link) => (this.link = link),
        onSignedOut,
      },
      workerTicker(),
    );
  }

  start(): void {
    this.socket.start();
  }

  stop(): void {
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

  /** Calls `reader` with all news from now on. Returns the way to stop. */
  onNews(reader: (news: News) => void): () => void {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  private tell(news: News): void {
    untrack(() => this.readers.forEach((reader) => reader(news)));
  }
}
