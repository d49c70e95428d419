import { untrack } from "svelte";
import { wrapUp as api } from "../../lib/api/client";
import { ApiError } from "../../lib/api/problem";
import type { ConversationStatus, WrapUp, WrapUpDraft as Draft } from "../../lib/api/types";
import { sentenceFor } from "../errors";
import type { Notices } from "../shell/notices.svelte";
import type { Panel } from "../shell/panel.svelte";

const SAVE_AFTER_MS = 500;
/** What is typed in the last moment is saved this long before the server closes the wrap-up. */
const LAST_SAVE_MS = 800;

/** The report on the call that has just ended (WRAP-01). Made while a component starts, and ends with it. */
export class WrapUpDraft {
  summary = $state("");
  status = $state<ConversationStatus>("open");
  /** What was finished without, and cannot be: the disposition, where the centre needs one of every call. */
  missing = $state(false);
  saving = $state<"saved" | "waiting" | "failed">("saved");
  busy = $state(false);
  private chosen = $state<string | null>(null);
  private call: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly panel: Panel,
    private readonly notices: Notices,
  ) {
    $effect(() => {
      const current = this.current;
      untrack(() => this.take(current));
    });
    $effect(() => {
      const until = this.current?.until;
      if (until === undefined) return;
      const left = Date.parse(until) - untrack(() => this.panel.clock.now);
      const last = setTimeout(() => void this.flush(), Math.max(0, left - LAST_SAVE_MS));
      return () => clearTimeout(last);
    });
    $effect(() => {
      const leave = (): void => void this.flush(true);
      addEventListener("pagehide", leave);
      return () => removeEventListener("pagehide", leave);
    });
  }

  get current(): WrapUp | null {
    return this.panel.state?.wrap_up ?? null;
  }

  /** What was chosen, unless a supervisor has deleted it meanwhile. */
  get disposition(): string | null {
    return this.current?.dispositions.some(({ id }) => id === this.chosen) ? this.chosen : null;
  }

  set disposition(chosen: string | null) {
    this.chosen = chosen;
    if (chosen !== null) this.missing = false;
  }

  /** Notes that the person has changed something; it is saved a moment later. */
  edited(): void {
    this.saving = "waiting";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), SAVE_AFTER_MS);
  }

  async extend(): Promise<void> {
    if (this.call !== null) await this.ask(api.extend(this.call));
  }

  async finish(): Promise<void> {
    if (this.call === null || this.busy) return;
    this.missing = this.current?.disposition_required === true && this.disposition === null;
    if (this.missing) return;
    clearTimeout(this.timer);
    this.busy = true;
    await this.ask(api.finish(this.draft(this.call)));
    this.busy = false;
  }

  /** Another tab may write too: what comes from the server is taken unless something here is not saved yet. */
  private take(current: WrapUp | null): void {
    const another = current?.call_id !== this.call;
    if (another) {
      clearTimeout(this.timer);
      this.missing = false;
    }
    this.call = current?.call_id ?? null;
    if (current === null || (!another && this.saving !== "saved")) return;
    this.summary = current.summary;
    this.status = current.status;
    this.disposition = current.disposition_id;
    this.saving = "saved";
  }

  private async flush(leaving = false): Promise<void> {
    if (this.call === null || this.saving === "saved") return;
    clearTimeout(this.timer);
    const draft = this.draft(this.call);
    try {
      await api.save(draft, leaving);
      const now = this.draft(draft.call_id);
      const unchanged = (["summary", "status", "disposition_id"] as const).every((part) => draft[part] === now[part]);
      if (unchanged) this.saving = "saved";
    } catch (error) {
      // The deadline may have passed while this was on its way; then the server has the last draft it was given.
      const over = error instanceof ApiError && error.code === "no_wrap_up";
      this.saving = over ? "saved" : "failed";
    }
  }

  private async ask(answer: Promise<unknown>): Promise<void> {
    try {
      await answer;
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "no_wrap_up")) this.notices.say(sentenceFor(error), "danger");
    }
  }

  private draft(call_id: string): Draft {
    return { call_id, summary: this.summary, status: this.status, disposition_id: this.disposition };
  }
}
