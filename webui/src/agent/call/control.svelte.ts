import { calls } from "../../lib/api/client";
import type { ObserverMode, Recorded } from "../../lib/api/types";
import { sentenceFor } from "../errors";
import type { Notices } from "../shell/notices.svelte";
import type { CallMedia } from "./call.svelte";

/** What is done with the call that is going on. What comes of it is told by the server, like everything else. */
export class CallControl {
  /** Something was pressed and is on its way to the server. */
  busy = $state(false);

  constructor(
    private readonly media: CallMedia,
    private readonly notices: Notices,
  ) {}

  /** One talks to the customer, and asks no colleague: the call can be put on hold or transferred. */
  get free(): boolean {
    const call = this.media.call;
    return call?.phase === "talking" && call.talk !== null && call.talk.consult === null;
  }

  get onHold(): boolean {
    return this.media.call?.talk?.held_at != null;
  }

  /** What becomes of this agent's own talk: recorded, paused, or neither. */
  get recorded(): Recorded | null {
    const call = this.media.call;
    return call?.phase === "talking" ? (call.talk?.recorded ?? null) : null;
  }

  async toggleRecording(): Promise<void> {
    if (this.recorded === null || this.recorded === "announcing") return;
    await this.ask(this.recorded === "paused" ? calls.resumeRecording : calls.pauseRecording);
  }

  async toggleHold(): Promise<void> {
    if (!this.free) return;
    await this.ask(this.onHold ? calls.resume : calls.hold);
  }

  /** Returns whether it could be done; if not, it has been said why. */
  transfer(agent: string): Promise<boolean> {
    return this.ask((call) => calls.transfer(call, agent));
  }

  consult(agent: string): Promise<boolean> {
    return this.ask((call) => calls.consult(call, agent));
  }

  async complete(): Promise<void> {
    await this.ask(calls.complete);
  }

  async giveBack(): Promise<void> {
    await this.ask(calls.giveBack);
  }

  /** Begins to take part in somebody's call, in this tab. */
  async observe(call: string, mode: ObserverMode = "listen"): Promise<void> {
    this.media.expect(call);
    await this.try(calls.observe(call, mode));
  }

  async changeMode(mode: ObserverMode): Promise<void> {
    await this.ask((call) => calls.observe(call, mode));
  }

  async stopObserving(): Promise<void> {
    await this.ask(calls.stopObserving);
  }

  private async ask(what: (call: string) => Promise<unknown>): Promise<boolean> {
    const call = this.media.call;
    return call !== null && this.try(what(call.id));
  }

  private async try(answer: Promise<unknown>): Promise<boolean> {
    this.busy = true;
    try {
      await answer;
      return true;
    } catch (error) {
      this.notices.say(sentenceFor(error), "danger");
      return false;
    } finally {
      this.busy = false;
    }
  }
}
