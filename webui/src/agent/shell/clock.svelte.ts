import { createSubscriber } from "svelte/reactivity";

/** The server's clock. What reads `now` is run again every quarter of a second while it is on the page. */
export class Clock {
  private offset = 0;
  private readonly follow = createSubscriber((update) => {
    const timer = setInterval(update, 250);
    return () => clearInterval(timer);
  });

  /** Milliseconds since the epoch, by the server. */
  get now(): number {
    this.follow();
    return Date.now() + this.offset;
  }

  /** Milliseconds since the epoch, by this machine. */
  get local(): number {
    this.follow();
    return Date.now();
  }

  /** Takes the server's time of just now, in ms. */
  set(now: number): void {
    this.offset = now - Date.now();
  }
}
