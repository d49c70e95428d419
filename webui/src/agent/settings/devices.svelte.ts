import { listDevices, openInput, watchDevices, type DeviceLists } from "../../lib/rtc";

/** What is plugged in, as it changes. Made while a component starts, and ends with it. */
export class Devices {
  lists = $state.raw<DeviceLists>({ microphones: [], cameras: [], speakers: [] });

  constructor() {
    void this.refresh();
    $effect(() => watchDevices(() => void this.refresh()));
  }

  async refresh(): Promise<void> {
    this.lists = await listDevices();
  }

  /** Lets the browser ask for the microphone, unless it has; the names of all devices are known after that. */
  async askForMicrophone(): Promise<void> {
    if (this.lists.microphones.some((device) => device.label !== "")) return;
    try {
      (await openInput("microphone")).stop();
    } catch {
      // The call says which problem there is, with the way to solve it.
    }
    await this.refresh();
  }

  /** The chosen speaker while it is plugged in, else null, the default one. */
  presentSpeaker(chosen: string | null): string | null {
    return this.lists.speakers.some((speaker) => speaker.deviceId === chosen) ? chosen : null;
  }
}
