import { ApiError } from "../../lib/api/problem";

/** A value from the server that a page shows: what was last fetched stays while a newer one is on its way. */
export class Fetched<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  private turn = 0;
  private newest = Promise.resolve();

  constructor(private readonly fetch: () => Promise<T>) {}

  /** Fetches again, until the value is as new as the last request for it. Never throws: look at `error`. */
  async refresh(): Promise<void> {
    this.newest = this.ask(++this.turn);
    // A push may ask once more meanwhile, and then the answer to this request counts no longer.
    let waited;
    do await (waited = this.newest);
    while (waited !== this.newest);
  }

  private async ask(turn: number): Promise<void> {
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
