import { ApiError } from "../../lib/api/problem";

/** A value from the server that a page shows: what was last fetched stays while a newer one is on its way. */
export class Fetched<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  private turn = 0;

  constructor(private readonly fetch: () => Promise<T>) {}

  /** Fetches again; the newest request wins. Never throws: look at `error`. */
  async refresh(): Promise<void> {
    const turn = ++this.turn;
    try {
      const value = await this.fetch();
      if (turn !== this.turn) return;
      this.value = value;
      this.error = null;
    } catch (error) {
      if (turn === this.turn && error instanceof ApiError) this.error = error;
    }
  }
}
