import { tick } from "svelte";

/** Which of a page's forms is open, named by the id of the button that opens it. */
export class Opened {
  by = $state<string | null>(null);

  /** Opens what this button opens, or closes it when it is open. */
  toggle(button: string): void {
    this.by = this.by === button ? null : button;
  }

  /** Closes what is open and gives a button the focus, by itself the one that opened it. */
  async close(button: string | null = this.by): Promise<void> {
    this.by = null;
    await tick();
    if (button !== null) document.getElementById(button)?.focus();
  }
}
