import { sentenceFor } from "../../errors";
import type { Fetched } from "../../shell/fetched.svelte";
import type { Notices } from "../../shell/notices.svelte";
import { t } from "../../text";
import { Opened } from "../opened.svelte";
import { Order } from "../order.svelte";

/** A list that supervisors keep, in their order, on a page where one entry at a time is open. Made while one starts. */
export class Kept<T extends { id: string; name: string }> {
  readonly opened = new Opened();
  private readonly order: Order;

  constructor(
    readonly list: Fetched<T[]>,
    private readonly notices: Notices,
  ) {
    this.order = new Order(() => (list.value ?? []).map((entry) => entry.id));
    $effect(() => {
      const { by } = this.opened;
      if (!by?.startsWith("edit-") || list.value === null) return;
      if (list.value.some((entry) => by === `edit-${entry.id}`)) return;
      // Somebody else deleted it while its form was open here.
      notices.say(t("list.gone"), "danger");
      void this.opened.close(by, "add");
    });
  }

  /** Moves an entry a step; `save` tells the server. */
  async move(entry: T, step: -1 | 1, save: () => Promise<unknown>): Promise<void> {
    this.order.after(entry.id, step);
    try {
      await save();
    } catch (error) {
      this.notices.say(sentenceFor(error), "danger");
    }
    await this.list.refresh();
  }

  /** Shows what was saved, and closes the form that this button has opened. */
  async saved(button: string): Promise<void> {
    await this.list.refresh();
    await this.opened.close(button);
  }

  async deleted(entry: T): Promise<void> {
    await this.list.refresh();
    this.notices.say(t("list.deleted", { name: entry.name }));
    await this.opened.close(`delete-${entry.id}`, "add");
  }
}
