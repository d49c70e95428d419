/**
 * Moves the things of a list up and down, and gives the button that did it the focus back when the list shows the new
 * order. `ids` are those of the list as it is shown. Made while a component starts.
 */
export class Order {
  /** A thing on its way, and the order that the list shows when it has arrived. */
  private moved: { order: string; id: string; up: boolean } | null = null;

  constructor(private readonly ids: () => readonly string[]) {
    $effect(() => {
      const order = ids().join();
      if (this.moved === null || order !== this.moved.order) return;
      // At the end of the way that button is off; then the other one keeps the focus here.
      const [wanted, other] = this.moved.up ? ["up", "down"] : ["down", "up"];
      const button = document.getElementById(`${wanted}-${this.moved.id}`) as HTMLButtonElement | null;
      (button?.disabled ? document.getElementById(`${other}-${this.moved.id}`) : button)?.focus();
      this.moved = null;
    });
  }

  /** Returns the order that a step of one thing makes, and waits for it. */
  after(id: string, step: -1 | 1): string[] {
    const ids = [...this.ids()];
    const at = ids.indexOf(id);
    ids.splice(at, 1);
    ids.splice(at + step, 0, id);
    this.moved = { order: ids.join(), id, up: step < 0 };
    return ids;
  }
}
