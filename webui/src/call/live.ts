/** A call that goes on: its leg, its events, and what the server last said about it. */

import { Leg, LegRefused } from "../lib/rtc";
import { askCallback, getCall, legLost, postOffer, Refusal, type GuestCall, type GuestPlace } from "./api";
import { followCall, type Events } from "./events";
import type { Own } from "./own";

/** The server may say "reconnecting" about the connection before this one; only if it insists is it about this. */
const INSISTS_MS = 1500;

/** For so long a hang-up may take to reach the server before the connection is closed all the same. */
const TELLING_MS = 2000;

export interface LiveHandlers {
  onchange(): void;
  /** Another tab of this browser has taken the call. */
  onelsewhere(): void;
  /** The server knows no such call of ours. */
  ongone(): void;
  /** An agent calls this customer, who was not answered, by another call. */
  oncalledback(call: GuestCall): void;
}

export class Live {
  /** None while the customer waits to be called back: microphone and camera are closed. */
  leg: Leg | null = null;
  place: GuestPlace | null = null;
  /** Milliseconds by which the server's clock is ahead of ours. */
  ahead = 0;

  private readonly events: Events;
  private readonly tabs: BroadcastChannel;
  private insists: ReturnType<typeof setTimeout> | undefined;
  private legWasUp = false;
  private legWasRelayed = false;
  private wakeLock: WakeLockSentinel | null = null;
  private closed = false;
  /** While the server is asked to close the line no offer may open it again. */
  private asking: Promise<boolean> | null = null;
  /** How often we were told of the call. What is pushed comes in order; an answer may be older than it. */
  private told = 0;

  constructor(
    public call: GuestCall,
    private readonly own: Own,
    private readonly handlers: LiveHandlers,
  ) {
    this.take(call);
    this.tabs = new BroadcastChannel(`parley-${call.id}`);
    this.tabs.onmessage = () => this.handlers.onelsewhere();
    this.tabs.postMessage("taken");
    this.events = followCall(call.id, {
      relayed: () => this.leg?.relayed ?? false,
      oncall: (now) => this.take(now),
      onplace: (place) => this.stand(place),
      ongone: () => handlers.ongone(),
    });
    if (call.mine !== "away") this.openLine();
    addEventListener("pagehide", this.leaving);
    document.addEventListener("visibilitychange", this.keepAwake);
    void this.keepAwake();
  }

  /** Connects: at the beginning, or when the customer who waited to be called back answers or rather waits on. */
  openLine(): void {
    if (this.leg) return;
    this.leg = new Leg({
      video: this.call.media === "video",
      negotiate: (sdp, signal) => this.negotiate(sdp, signal),
      onchange: () => this.legChanged(),
    });
    this.ownChanged();
    this.leg.start();
  }

  /** Leaves the line and keeps the place; false when that was not possible. */
  async leaveLine(): Promise<boolean> {
    const told = this.told;
    this.asking = askCallback(this.call.id).then(
      (call) => {
        this.closeLine();
        this.takeAnswer(call, told);
        return true;
      },
      () => {
        void this.refresh();
        return false;
      },
    );
    const left = await this.asking;
    this.asking = null;
    return left;
  }

  /** Takes the call as the server has it after a request. Throws what the request throws. */
  async after(request: (id: string) => Promise<GuestCall>): Promise<void> {
    const told = this.told;
    try {
      this.takeAnswer(await request(this.call.id), told);
    } catch (error) {
      void this.refresh();
      throw error;
    }
  }

  private closeLine(): void {
    const leg = this.leg;
    this.leg = null; // first, since what closes says that it has changed
    this.legWasUp = false;
    leg?.close();
  }

  private stand(place: GuestPlace | null): void {
    this.place = place;
    this.handlers.onchange();
  }

  /** Sends the present microphone and camera. */
  ownChanged(): void {
    void this.leg?.setVoice(this.own.microphone.track);
    if (this.call.media === "video") void this.leg?.setCamera(this.own.camera.track);
  }

  /** Seconds since `at`, by the server's clock. */
  since(at: string): number {
    return (Date.now() + this.ahead - Date.parse(at)) / 1000;
  }

  /** Ends it here. The connection goes once the server was `told`, or it would be taken for lost. */
  close(told: Promise<void> = Promise.resolve()): void {
    this.closed = true;
    void Promise.race([told, new Promise((resolve) => setTimeout(resolve, TELLING_MS))]).then(() => this.leg?.close());
    this.events.stop();
    this.tabs.close();
    clearTimeout(this.insists);
    removeEventListener("pagehide", this.leaving);
    document.removeEventListener("visibilitychange", this.keepAwake);
    void this.wakeLock?.release();
  }

  /** Takes what was asked for when we had been `told` that often, unless we have been told since. */
  private takeAnswer(call: GuestCall, told: number): void {
    if (told === this.told) this.take(call);
    else this.handlers.onchange();
  }

  private take(call: GuestCall): void {
    if (this.closed) return;
    this.told += 1;
    if (call.id !== this.call.id) return this.handlers.oncalledback(call);
    this.call = call;
    this.ahead = Date.parse(call.now) - Date.now();
    clearTimeout(this.insists);
    if (call.mine === "reconnecting" && call.phase !== "ended") {
      const aboutThis = call.transport !== null && call.transport === this.leg?.transport;
      if (aboutThis) void this.leg?.doubt();
      else this.insists = setTimeout(() => this.leg?.reconnect(), INSISTS_MS);
    }
    this.handlers.onchange();
  }

  private async negotiate(sdp: string, signal: AbortSignal) {
    if (await this.asking) throw new LegRefused("away");
    try {
      return await postOffer(this.call.id, sdp, signal);
    } catch (error) {
      // 408 and 429 are about now, other 4xx about this call.
      const final = error instanceof Refusal && error.status < 500 && ![408, 429].includes(error.status);
      if (final) void this.refresh();
      throw final ? new LegRefused(error.code) : error;
    }
  }

  private legChanged(): void {
    if (this.closed || !this.leg) return;
    const up = this.leg.state === "up";
    // What was pushed while the network was away is lost, and the socket may not have noticed.
    if (up && !this.legWasUp) void this.refresh();
    this.legWasUp = up;
    if (this.leg.relayed !== this.legWasRelayed) this.events.beat();
    this.legWasRelayed = this.leg.relayed;
    this.handlers.onchange();
  }

  private async refresh(): Promise<void> {
    const told = this.told;
    try {
      this.takeAnswer(await getCall(this.call.id), told);
    } catch (error) {
      if (error instanceof Refusal && error.status === 404 && !this.closed) this.handlers.ongone();
    }
  }

  private readonly leaving = () => {
    if (this.leg?.transport) legLost(this.call.id, this.leg.transport);
  };

  /** The screen stays on; the browser drops the lock whenever the page is hidden. */
  private readonly keepAwake = async () => {
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    const lock = await navigator.wakeLock.request("screen").catch(() => null);
    if (this.closed) void lock?.release();
    else this.wakeLock = lock;
  };
}
