import { untrack } from "svelte";
import { calls } from "../../lib/api/client";
import type { PanelCall } from "../../lib/api/types";
import type { CallMedia } from "../call/call.svelte";
import { sentenceFor } from "../errors";
import { router } from "../router.svelte";
import type { Notices } from "../shell/notices.svelte";
import type { Panel } from "../shell/panel.svelte";
import type { Sound } from "../shell/sound.svelte";
import { t } from "../text";
import { askedWords } from "./words";

export interface Offer {
  call: PanelCall;
  reservation: NonNullable<PanelCall["reservation"]>;
}

/** A call that is offered to this agent. Made while a component starts, and ends with it. */
export class Ringing {
  /** What was pressed and is on its way to the server. */
  pressed = $state<"answer" | "decline" | null>(null);

  constructor(
    private readonly panel: Panel,
    private readonly media: CallMedia,
    private readonly notices: Notices,
    sound: Sound,
  ) {
    const reservation = $derived(this.offer?.reservation.id ?? null);
    $effect(() => {
      if (reservation !== null) return () => (this.pressed = null);
    });
    $effect(() => {
      if (reservation === null || this.pressed !== null) return;
      const end = new AbortController();
      const offer = untrack(() => this.offer);
      void untrack(() => sound.ringUntil(end.signal));
      const notification = offer
        ? notify(
            offer.call,
            reservation,
            untrack(() => panel.clock.now),
          )
        : null;
      return () => {
        end.abort();
        notification?.close();
      };
    });
  }

  get offer(): Offer | null {
    const call = this.panel.state?.call;
    return call?.phase === "ringing" && call.reservation !== null ? { call, reservation: call.reservation } : null;
  }

  async answer(): Promise<void> {
    const offer = this.offer;
    if (offer === null || this.pressed !== null) return;
    this.pressed = "answer";
    try {
      await calls.accept(offer.reservation.id, this.panel.tab, this.media.transportFor(offer.call.id));
      router.go({ area: "work", conversation: offer.call.conversation_id });
    } catch (error) {
      this.failed(error);
    }
  }

  async decline(): Promise<void> {
    const offer = this.offer;
    if (offer === null || this.pressed !== null) return;
    this.pressed = "decline";
    try {
      await calls.decline(offer.reservation.id);
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    this.pressed = null;
    this.notices.say(sentenceFor(error), "danger");
  }
}

/** Shows the call outside the browser, where the person has allowed that. All tabs use one tag: it shows once. */
function notify(call: PanelCall, reservation: string, now: number): Notification | null {
  if (!("Notification" in window) || Notification.permission !== "granted") return null;
  try {
    const notification = new Notification(t("ringing.title"), {
      body:
        askedWords(call, now) ||
        [call.customer.name, call.queue?.name].filter((part) => part !== undefined).join(" · "),
      tag: reservation,
      requireInteraction: true,
      silent: true,
    });
    notification.onclick = () => window.focus();
    return notification;
  } catch {
    // Some phones allow notifications only from a service worker.
    return null;
  }
}
