import { tick } from "svelte";
import { ApiError } from "../../lib/api/problem";
import { sentenceFor } from "../errors";
import { focusIfLost } from "../shell/focus";

/** Why something was not saved, and the field that it lies at, if it lies at one. */
interface Failure {
  sentence: string;
  field: string | null;
}

/** A form on its way to the server: busy, refused, or neither. */
export class Saving {
  busy = $state(false);
  private failure = $state.raw<Failure | null>(null);

  /**
   * Saves; `saved` follows when it was taken, `stale` when somebody else has changed the thing meanwhile. When it was
   * refused the field that it lies at has the focus.
   */
  async run(form: HTMLElement, request: Promise<unknown>, saved: () => unknown, stale: () => unknown): Promise<void> {
    this.busy = true;
    this.failure = null;
    try {
      await request;
      await saved();
    } catch (error) {
      if (error instanceof ApiError && error.code === "stale") await stale();
      this.failure = { sentence: sentenceFor(error), field: fieldOf(error) };
    }
    this.busy = false;
    if (this.failure === null) return;
    await tick();
    form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    // A button that was off while it was on its way has lost the focus.
    const button = form.querySelector<HTMLElement>("button");
    if (button !== null) focusIfLost(button);
  }

  /** What to say at a field. */
  at(field: string): string | undefined {
    return this.failure?.field === field ? this.failure.sentence : undefined;
  }

  /** What to say of the whole, since it is said at none of these fields. */
  elsewhere(...fields: string[]): string | null {
    return this.failure === null || fields.includes(this.failure.field ?? "") ? null : this.failure.sentence;
  }
}

/** Names the field that the server refused, null when it named none. */
export function fieldOf(error: unknown): string | null {
  if (!(error instanceof ApiError)) return null;
  if (error.code === "name_taken") return "name";
  const errors = error.details["errors"];
  const first: unknown = Array.isArray(errors) ? errors[0] : null;
  if (typeof first !== "object" || first === null || !("loc" in first) || !Array.isArray(first.loc)) return null;
  const field: unknown = first.loc.at(-1);
  return typeof field === "string" ? field : null;
}
