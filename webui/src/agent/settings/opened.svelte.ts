import { tick } from "svelte";

/** Which of a page's forms is open, named by the id of the button that opens it. */
export class Opened {
  by = $state<string | null>(null);

  /** Opens what this button opens, or closes it when it is open. */
  toggle(button: string): void {
    this.by = this.by === button ? null : button;
  }

  /** Closes what a button has opened, unless something else is open by now; then `focus`, or it, has the focus. */
  async close(button = this.by, focus = button): Promise<void> {
    if (button === null || this.by !== button) return;
    this.by = null;
    await tick();
    document.getElementById(focus ?? button)?.focus();
  }
}
