import { ApiError } from "../../lib/api/problem";

/** One page of a list, and where the next one begins; null after the last. */
interface Page<T, Mark> {
  items: T[];
  next: Mark | null;
}

const PAGE = 50;
/** As many lines as are kept fresh; further ones are fetched again by asking for more. */
const MOST = 200;

/** A long list of the server, latest first, that is read page by page and can be read again without losing its place. */
export class Paged<T, Mark> {
  items = $state.raw<readonly T[] | null>(null);
  error = $state.raw<ApiError | null>(null);
  busy = $state(false);
  private next = $state.raw<Mark | null>(null);
  private turn = 0;
  private reading = false;
  private again = false;

  constructor(private readonly fetch: (before: Mark | null, limit: number) => Promise<Page<T, Mark>>) {}

  get hasMore(): boolean {
    return this.next !== null;
  }

  /** Reads from the top again, as far as was read. While that is on its way, further wishes become one. */
  async refresh(): Promise<void> {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    do {
      this.again = false;
      const shown = this.items?.length ?? 0;
      await this.take(() => this.fetch(null, Math.min(MOST, Math.max(PAGE, shown))), []);
    } while (this.again);
    this.reading = false;
  }

  /** Begins anew: what is asked for has changed. */
  async restart(): Promise<void> {
    this.items = null;
    await this.refresh();
  }

  /** Adds the next page. */
  async more(): Promise<void> {
    const [mark, before] = [this.next, this.items ?? []];
    if (mark === null || this.busy) return;
    this.busy = true;
    await this.take(() => this.fetch(mark, PAGE), before);
    this.busy = false;
  }

  private async take(ask: () => Promise<Page<T, Mark>>, before: readonly T[]): Promise<void> {
    const turn = ++this.turn;
    try {
      const page = await ask();
      if (turn !== this.turn) return;
      this.items = [...before, ...page.items];
      this.next = page.next;
      this.error = null;
    } catch (error) {
      if (turn === this.turn && error instanceof ApiError) this.error = error;
    }
  }
}
