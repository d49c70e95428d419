import { untrack } from "svelte";
import { calls } from "../../lib/api/client";
import { ApiError } from "../../lib/api/problem";
import type { LegAnswer, ObserverMode, PanelCall } from "../../lib/api/types";
import { Input, Leg, LegRefused, type DeviceProblem, type LegState } from "../../lib/rtc";
import type { Devices } from "../settings/devices.svelte";
import type { Preferences } from "../settings/preferences.svelte";
import type { Notices } from "../shell/notices.svelte";
import type { Panel } from "../shell/panel.svelte";
import { t } from "../text";
import { keepCall, keptCall } from "./kept";

/** This tab's media in the agent's call. Made while a component starts, and ends with it. */
export class CallMedia {
  legState = $state<LegState | null>(null);
  relayed = $state(false);
  seesCamera = $state(false);
  remoteVoice = $state.raw<MediaStream | null>(null);
  remoteCamera = $state.raw<MediaStream | null>(null);
  ownCamera = $state.raw<MediaStream | null>(null);
  muted = $state(false);
  cameraOff = $state(false);
  microphoneProblem = $state<DeviceProblem | null>(null);
  cameraProblem = $state<DeviceProblem | null>(null);
  private visible = $state(document.visibilityState === "visible");
  private leg: Leg | null = null;
  /** What the leg is for: a call that comes here once more has another leg. */
  private legOf: { call: string; leg: string } | null = null;
  /** The call that is on its way here from another tab, until the server says that it has come. */
  private moving: string | null = null;
  /** The microphone was opened because somebody can hear this side. */
  private listened = false;
  private microphoneLabel: string | null = null;
  /** The devices that were asked for last; the browser may have given others. */
  private readonly asked: Record<"microphone" | "camera", string | null> = { microphone: null, camera: null };
  private readonly microphone = new Input("microphone", () => this.microphoneChanged());
  private readonly camera = new Input("camera", () => this.cameraChanged());

  constructor(
    private readonly panel: Panel,
    private readonly preferences: Preferences,
    private readonly devices: Devices,
    private readonly notices: Notices,
  ) {
    const call = $derived(this.call);
    const wanted = $derived(call !== null && this.wantsLeg(call));
    $effect(() => {
      // Read here, so that a change of either runs this again; the rest is not watched.
      const [now, here] = [call, wanted];
      untrack(() => this.follow(now, here));
    });
    $effect(() => this.usePreferred("microphone"));
    $effect(() => this.usePreferred("camera"));
    $effect(() => this.watchPage());
    $effect(() => () => this.end());
  }

  get call(): PanelCall | null {
    return this.panel.state?.call ?? null;
  }

  /** The call is talked, or listened to, through this tab. */
  get here(): boolean {
    return this.call !== null && this.call.phase !== "ringing" && this.call.tab === this.panel.tab;
  }

  /** Somebody can hear this side: all but a supervisor who only listens. */
  get speaks(): boolean {
    return this.call !== null && (this.call.phase !== "observing" || this.observing !== "listen");
  }

  /** How this supervisor takes part in somebody else's call, or null. */
  get observing(): ObserverMode | null {
    const own = this.panel.state?.me.id;
    return this.call?.talk?.observers.find(({ supervisor }) => supervisor.id === own)?.mode ?? null;
  }

  /** The name of the connection that this tab has ready for the call, or null. */
  transportFor(call: string): string | null {
    return this.legOf?.call === call ? (this.leg?.transport ?? null) : null;
  }

  toggleMute(): void {
    this.muted = !this.muted;
    if (this.microphone.track) this.microphone.track.enabled = !this.muted;
    this.keep();
  }

  toggleCamera(): void {
    if (this.call?.media !== "video") return;
    this.cameraOff = !this.cameraOff;
    if (this.cameraOff) this.camera.close();
    else this.openInput("camera");
    this.keep();
  }

  /** Asks again for a device that was refused, missing or busy. */
  retry(kind: "microphone" | "camera"): void {
    this.openInput(kind);
  }

  async hangUp(): Promise<void> {
    if (this.call !== null) await calls.hangUp(this.call.id);
  }

  /** Takes the call from another tab of this agent: the newest connection wins. */
  moveHere(): void {
    if (this.call === null) return;
    this.expect(this.call.id);
    this.join(this.call);
  }

  /** Says that this call, in which one is about to take part, is to come to this tab. */
  expect(call: string): void {
    this.moving = call;
  }

  /**
   * One tab prepares for a ring, the first that one looks at: of two, the later would take the leg from the one in
   * which one answers. A call that is answered belongs to the tab it names.
   */
  private wantsLeg(call: PanelCall): boolean {
    if (call.phase === "ringing") {
      const free = call.tab === null || call.tab === this.panel.tab;
      return free && (this.visible || this.legOf?.leg === call.leg);
    }
    if (call.tab === this.panel.tab) this.moving = null;
    return call.tab === this.panel.tab || this.moving === call.id;
  }

  private follow(call: PanelCall | null, wanted: boolean): void {
    if (this.legOf !== null && (this.legOf.leg !== call?.leg || !wanted)) this.end();
    if (call === null || !wanted) return;
    if (this.leg === null) this.join(call);
    this.openMicrophoneOnce();
    const lost = call.mine === "reconnecting" && call.transport === this.leg?.transport;
    if (lost) void this.leg?.doubt();
    const showsCamera = call.phase === "talking" && call.media === "video" && !this.cameraOff;
    if (showsCamera && this.camera.track === null && this.cameraProblem === null) {
      this.openInput("camera");
    }
  }

  private join(call: PanelCall): void {
    this.end();
    const kept = keptCall(call.id);
    this.muted = kept.muted;
    this.cameraOff = kept.cameraOff;
    this.legOf = { call: call.id, leg: call.leg };
    const leg = new Leg({
      negotiate: (sdp, signal) => this.negotiate(call.id, sdp, signal),
      video: call.media === "video",
      onchange: () => this.mirror(leg),
    });
    this.leg = leg;
    leg.start();
    this.openMicrophoneOnce();
  }

  /** Opens the microphone when somebody can hear this side, and gives it back when nobody can any more. */
  private openMicrophoneOnce(): void {
    if (this.speaks === this.listened) return;
    this.listened = this.speaks;
    if (this.speaks) this.openInput("microphone");
    else this.microphone.close();
  }

  private async negotiate(call: string, sdp: string, signal: AbortSignal): Promise<LegAnswer> {
    try {
      return await calls.openLeg(call, sdp, this.panel.tab, signal);
    } catch (error) {
      const final = error instanceof ApiError && [403, 404, 409].includes(error.status);
      throw final ? new LegRefused(error.code) : error;
    }
  }

  private end(): void {
    const leg = this.leg;
    this.leg = null;
    this.legOf = null;
    this.listened = false;
    this.microphoneLabel = null;
    leg?.close();
    this.microphone.close();
    this.camera.close();
    this.legState = this.remoteVoice = this.remoteCamera = null;
    this.seesCamera = this.relayed = false;
  }

  private mirror(leg: Leg): void {
    if (leg !== this.leg) return;
    this.legState = leg.state;
    this.relayed = leg.relayed;
    this.seesCamera = leg.seesCamera === true;
    this.remoteVoice = leg.remoteVoice;
    this.remoteCamera = leg.remoteCamera;
  }

  private microphoneChanged(): void {
    const { track, problem } = this.microphone;
    this.microphoneProblem = problem;
    if (track) {
      track.enabled = !this.muted;
      if (this.microphoneLabel !== null && this.microphoneLabel !== track.label) {
        this.notices.say(t("devices.microphone_changed", { name: track.label }));
      }
      this.microphoneLabel = track.label;
      // Names of devices are told only to a page that has been allowed to use one.
      void this.devices.refresh();
    }
    void this.leg?.setVoice(track);
  }

  private cameraChanged(): void {
    const { track, problem } = this.camera;
    this.cameraProblem = problem;
    this.ownCamera = track ? new MediaStream([track]) : null;
    void this.leg?.setCamera(track);
  }

  /** Follows the choice of a device, also in mid-call, and returns to it when it is plugged in again. */
  private usePreferred(kind: "microphone" | "camera"): void {
    const chosen = this.preferences.all[kind];
    const present = this.devices.lists[`${kind}s`].some((device) => device.deviceId === chosen);
    untrack(() => {
      const used = this[kind].track?.getSettings().deviceId;
      if (used === undefined) return;
      const changed = chosen !== this.asked[kind] && (present || chosen === null);
      if (changed || (present && used !== chosen)) this.openInput(kind);
    });
  }

  private openInput(kind: "microphone" | "camera"): void {
    this.asked[kind] = this.preferences.all[kind];
    void this[kind].open(this.asked[kind]);
  }

  private watchPage(): () => void {
    const look = (): void => void (this.visible = document.visibilityState === "visible");
    const leave = (): void => {
      const transport = this.leg?.transport;
      if (this.here && this.call !== null && transport) void calls.legLost(this.call.id, transport);
    };
    document.addEventListener("visibilitychange", look);
    addEventListener("pagehide", leave);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("pagehide", leave);
    };
  }

  private keep(): void {
    if (this.legOf !== null) keepCall({ id: this.legOf.call, muted: this.muted, cameraOff: this.cameraOff });
  }
}
