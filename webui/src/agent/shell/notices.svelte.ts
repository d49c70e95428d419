export interface Notice {
  id: number;
  tone: "plain" | "danger";
  text: string;
}

const SHOWN_MS = 8_000;

/** Short messages about something that has happened, read out and gone by themselves. */
export class Notices {
  list = $state.raw<readonly Notice[]>([]);
  private last = 0;

  say(text: string, tone: Notice["tone"] = "plain"): void {
    const id = ++this.last;
    this.list = [...this.list.filter((notice) => notice.text !== text), { id, tone, text }];
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }
}
