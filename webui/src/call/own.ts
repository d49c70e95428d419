/** The customer's own microphone and camera: opened together, muted, shown, kept through the call. */

import { Input, Level, openTogether } from "../lib/rtc";

export class Own {
  muted = false;
  readonly microphone: Input;
  readonly camera: Input;
  private meter: Level | null = null;
  private metered: MediaStreamTrack | null = null;

  constructor(private readonly onchange: () => void) {
    this.microphone = new Input("microphone", () => this.apply());
    this.camera = new Input("camera", () => this.apply());
  }

  /** Opens what is not open yet; with one question of the browser where both are wanted. */
  async open(video: boolean): Promise<void> {
    if (video && !this.microphone.track && !this.camera.track) await openTogether(this.microphone, this.camera);
    else {
      if (!this.microphone.track) await this.microphone.open();
      if (video && !this.camera.track) await this.camera.open();
    }
  }

  toggleMute(): void {
    this.muted = !this.muted;
    this.apply();
  }

  async toggleCamera(): Promise<void> {
    if (this.camera.track) this.camera.close();
    else await this.camera.open();
  }

  /** How loud the microphone is, 0 to 1. The first call opens the meter. */
  level(): number {
    const track = this.microphone.track;
    if (track !== this.metered) {
      this.closeMeter();
      this.metered = track;
      this.meter = track && new Level(track);
    }
    return this.meter?.read() ?? 0;
  }

  closeMeter(): void {
    this.meter?.close();
    this.meter = this.metered = null;
  }

  close(): void {
    this.closeMeter();
    this.muted = false;
    this.microphone.close();
    this.camera.close();
  }

  private apply(): void {
    if (this.microphone.track) this.microphone.track.enabled = !this.muted;
    this.onchange();
  }
}
