import { createContext } from "svelte";
import { agent, statuses } from "../lib/api/client";
import type { AgentStatus } from "../lib/api/types";
import { CallMedia } from "./call/call.svelte";
import { CallControl } from "./call/control.svelte";
import { sentenceFor } from "./errors";
import { Ringing } from "./ringing/ringing.svelte";
import type { SessionStore } from "./session/session.svelte";
import { Devices } from "./settings/devices.svelte";
import { Preferences } from "./settings/preferences.svelte";
import { serverList } from "./settings/server-list.svelte";
import type { Fetched } from "./shell/fetched.svelte";
import { Notices } from "./shell/notices.svelte";
import { Panel } from "./shell/panel.svelte";
import { Sound } from "./shell/sound.svelte";
import { isHeld } from "./shell/statuses";
import { WrapUpDraft } from "./wrapup/wrap-up.svelte";

/** Everything that the pages of a signed-in person share. Made while a component starts, and ends with it. */
export class Workspace {
  readonly preferences = new Preferences();
  readonly notices = new Notices();
  readonly devices = new Devices();
  readonly sound = new Sound();
  readonly panel: Panel;
  /** The statuses that can be chosen. */
  readonly statuses: Fetched<AgentStatus[]>;
  readonly media: CallMedia;
  readonly control: CallControl;
  readonly ringing: Ringing;
  readonly wrapUp: WrapUpDraft;

  constructor(
    readonly session: SessionStore,
    tab: string,
  ) {
    this.panel = new Panel(tab, () => session.end());
    this.statuses = serverList(this.panel, "statuses", statuses.all);
    this.media = new CallMedia(this.panel, this.preferences, this.devices, this.notices);
    this.control = new CallControl(this.media, this.notices);
    this.ringing = new Ringing(this.panel, this.media, this.notices, this.sound);
    this.wrapUp = new WrapUpDraft(this.panel, this.notices);
    $effect(() => this.panel.setSound(this.sound.state));
    $effect(() => this.sound.setVolume(this.preferences.all.ringVolume));
    $effect(() => this.sound.setDevice(this.devices.presentSpeaker(this.preferences.all.ringDevice)));
    // A refused WebSocket does not say why: perhaps the session has ended meanwhile.
    $effect(() => {
      if (this.panel.link.state === "offline") void session.check();
    });
    $effect(() => {
      this.panel.start();
      return () => this.panel.stop();
    });
  }

  /**
   * Sets the status. One in which calls are offered also unlocks sound, plays a test ring and asks for what a ring
   * needs (PLUS-04); not during a call, into which it would ring.
   */
  async setStatus({ id, group }: Pick<AgentStatus, "id" | "group">): Promise<void> {
    try {
      if (group === "available" && !isHeld(this.panel.state?.me.state)) {
        // First, and not awaited later: the browser lets only the click itself unlock sound.
        await this.sound.test();
        void this.askForPermissions();
      }
      await agent.setStatus(id);
    } catch (error) {
      this.notices.say(sentenceFor(error), "danger");
    }
  }

  /** Lets the browser ask now what it would otherwise ask in the middle of the first ring. */
  private async askForPermissions(): Promise<void> {
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
    await this.devices.askForMicrophone();
  }
}

export const [useWorkspace, provideWorkspace] = createContext<Workspace>();
