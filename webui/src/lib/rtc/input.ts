/** A microphone or camera that stays open: when its device is unplugged, the default one takes over. */

import { DeviceError, openBoth, openInput, watchDevices, type DeviceProblem, type InputKind } from "./devices";

export class Input {
  /** Null while closed, opening or in trouble. */
  track: MediaStreamTrack | null = null;
  problem: DeviceProblem | null = null;

  private deviceId: string | null = null;
  private wanted = false;
  private turn = 0;
  private readonly unwatch: () => void;

  /** `onchange` is called after `track` or `problem` has changed: put the track where it belongs then. */
  constructor(
    readonly kind: InputKind,
    private readonly onchange: () => void,
  ) {
    this.unwatch = watchDevices(() => {
      if (this.wanted && this.problem === "missing") void this.open(this.deviceId);
    });
  }

  /** Opens this device, or the default one. Never throws: look at `problem`. The newest call wins. */
  async open(deviceId: string | null = this.deviceId): Promise<void> {
    const turn = ++this.turn;
    this.deviceId = deviceId;
    this.wanted = true;
    try {
      const track = await openInput(this.kind, deviceId);
      if (turn !== this.turn) return track.stop();
      this.replace(track, null);
    } catch (error) {
      if (turn === this.turn) this.replace(null, error instanceof DeviceError ? error.problem : "unsupported");
    }
  }

  /** Takes a track that was opened elsewhere, as if `open` had opened it. */
  adopt(track: MediaStreamTrack): void {
    this.turn++;
    this.wanted = true;
    this.replace(track, null);
  }

  /** Gives the device back; its light goes out. */
  close(): void {
    this.turn++;
    this.wanted = false;
    this.replace(null, null);
  }

  /** Closes it for good. */
  dispose(): void {
    this.close();
    this.unwatch();
  }

  private replace(track: MediaStreamTrack | null, problem: DeviceProblem | null): void {
    if (this.track !== track) this.track?.stop();
    this.track = track;
    this.problem = problem;
    track?.addEventListener("ended", () => {
      if (this.track === track) void this.open();
    });
    this.onchange();
  }
}

/** Opens both with one question of the browser; where that fails each is asked for apart, to know which one is wrong. */
export async function openTogether(microphone: Input, camera: Input): Promise<void> {
  const both = await openBoth().catch(() => null);
  if (both) {
    microphone.adopt(both.microphone);
    camera.adopt(both.camera);
  } else {
    await microphone.open();
    await camera.open();
  }
}
