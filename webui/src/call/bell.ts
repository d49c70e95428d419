/** Wakes a page that waits to be called back: a ring, the title, and a notification where they were permitted. */

import { Ring } from "../lib/rtc";
import { t } from "./words";

const FLASH_MS = 1000;

export class Bell {
  private sound: Ring | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private titleBefore = "";
  private notice: Notification | null = null;
  ringing = false;

  /** From a press: lets the page ring later, and asks for notifications where they were not refused. */
  unlock(): void {
    this.sound ??= new Ring();
    this.sound.setVolume(0.25);
    void this.sound.test();
    if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
  }

  ring(agent: string | null): void {
    if (this.ringing) return;
    this.ringing = true;
    const words = t("calling.title", { agent: agent ?? t("spoken.agent.unnamed") });
    this.sound ??= new Ring();
    this.sound.setVolume(1);
    void this.sound.start();
    navigator.vibrate?.([400, 200, 400]);
    this.titleBefore = document.title;
    document.title = words;
    this.timer = setInterval(() => {
      document.title = document.title === words ? this.titleBefore : words;
    }, FLASH_MS);
    if ("Notification" in window && Notification.permission === "granted" && document.hidden) this.notify(words);
  }

  stop(): void {
    if (!this.ringing) return;
    this.ringing = false;
    this.sound?.stop();
    clearInterval(this.timer);
    document.title = this.titleBefore;
    this.notice?.close();
    this.notice = null;
  }

  private notify(words: string): void {
    try {
      this.notice = new Notification(words);
      this.notice.onclick = () => window.focus();
    } catch {
      // Phones know them only from a service worker; sound and title remain.
    }
  }
}
