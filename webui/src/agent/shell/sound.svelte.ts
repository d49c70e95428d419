import { Ring } from "../../lib/rtc";
import type { Sound as SoundState } from "../../lib/api/types";

const GESTURES = ["pointerdown", "keydown"] as const;
const LOCK = "parley.ring";
/** A hidden tab leaves the ring to a visible one for this long. */
const HIDDEN_WAIT_MS = 250;

/**
 * Whether this tab may make sound, and its ring. Made while a component starts, and ends with it. A browser blocks sound until the person has touched the page once;
 * an audio context that is kept waiting shows when that is over.
 */
export class Sound {
  state = $state<SoundState>("off");
  private readonly ring = new Ring();
  private probe: AudioContext | null = new AudioContext();

  constructor() {
    this.probe?.addEventListener("statechange", () => this.look());
    // A context that may play needs a moment to start running.
    setTimeout(() => this.look(), 300);
    $effect(() => {
      const touched = (): void => void this.probe?.resume();
      for (const gesture of GESTURES) addEventListener(gesture, touched, { capture: true, passive: true });
      return () => {
        for (const gesture of GESTURES) removeEventListener(gesture, touched, { capture: true });
        this.ring.dispose();
        void this.probe?.close();
      };
    });
  }

  /** Plays one round of the ring, from a click, which also unlocks sound (PLUS-04). */
  async test(): Promise<void> {
    this.settle(await this.ring.test());
  }

  /** Rings until `signal` aborts, if no other tab of this browser does. */
  async ringUntil(signal: AbortSignal): Promise<void> {
    if (document.visibilityState === "hidden") await new Promise((resolve) => setTimeout(resolve, HIDDEN_WAIT_MS));
    if (signal.aborted) return;
    const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    const ringing = navigator.locks.request(LOCK, { signal }, async () => {
      const heard = await this.ring.start();
      this.settle(heard);
      if (heard) await ended;
      this.ring.stop();
    });
    // A request that still waits when the ring ends is rejected with the signal's reason.
    await ringing.catch(() => undefined);
  }

  setDevice(speaker: string | null): void {
    void this.ring.setDevice(speaker);
  }

  setVolume(volume: number): void {
    this.ring.setVolume(volume);
  }

  /** Takes what a try to play told: the browser played it or did not. */
  settle(heard: boolean): void {
    this.state = heard ? "ready" : "blocked";
    if (!heard) return;
    void this.probe?.close();
    this.probe = null;
  }

  private look(): void {
    if (this.probe !== null) this.settle(this.probe.state === "running");
  }
}
