import { conversations, ENTRIES_PER_PAGE } from "../../lib/api/client";
import { ApiError } from "../../lib/api/problem";
import type { Conversation, ConversationEdit, Entry } from "../../lib/api/types";

/** One conversation in view: who and what it is, and its entries, kept up to date. */
export class Thread {
  conversation = $state.raw<Conversation | null>(null);
  entries = $state.raw<readonly Entry[]>([]);
  loaded = $state(false);
  error = $state.raw<ApiError | null>(null);
  private upto = 0;
  private running: Promise<void> | null = null;
  private again = false;

  constructor(readonly id: string) {}

  /** Fetches what is new. Called again while it runs, it runs once more. Never throws: look at `error`. */
  refresh(): Promise<void> {
    if (this.running !== null) {
      this.again = true;
      return this.running;
    }
    this.running = this.fetch().finally(() => {
      this.running = null;
      if (!this.again) return;
      this.again = false;
      void this.refresh();
    });
    return this.running;
  }

  /** Fetches again if what is shown is older than `version`; a fetch on its way ends in another look at that. */
  catchUp(version: number): void {
    if (this.running === null && this.conversation !== null && version > this.conversation.version) void this.refresh();
  }

  /** Changes fields of the conversation. Throws `ApiError`; after a `stale` one the fresh values are shown. */
  async edit(edit: ConversationEdit): Promise<void> {
    if (this.conversation === null) return;
    try {
      this.conversation = await conversations.edit(this.id, this.conversation.version, edit);
    } catch (error) {
      void this.refresh();
      throw error;
    }
  }

  async send(kind: "message" | "note", text: string, key: string): Promise<void> {
    const entry = await conversations[kind === "message" ? "sendMessage" : "addNote"](this.id, text, key);
    this.add([entry]);
    void this.refresh();
  }

  private async fetch(): Promise<void> {
    try {
      const [conversation] = await Promise.all([conversations.one(this.id), this.fetchEntries()]);
      this.conversation = conversation;
      this.error = null;
    } catch (error) {
      if (error instanceof ApiError) this.error = error;
    }
    this.loaded = true;
  }

  private async fetchEntries(): Promise<void> {
    for (;;) {
      const { items, upto } = await conversations.entries(this.id, this.upto);
      this.add(items);
      this.upto = upto;
      if (items.length < ENTRIES_PER_PAGE) return;
    }
  }

  private add(fresh: readonly Entry[]): void {
    const numbers = new Set(fresh.map((entry) => entry.number));
    const kept = this.entries.filter((entry) => !numbers.has(entry.number));
    this.entries = [...kept, ...fresh].sort((a, b) => a.number - b.number);
  }
}
