/** What is written but not sent, by conversation: it survives a look elsewhere and a reload. */

const KEY = "parley.draft.";

export function draftOf(conversation: string): string {
  return sessionStorage.getItem(KEY + conversation) ?? "";
}

export function keepDraft(conversation: string, text: string): void {
  if (text === "") sessionStorage.removeItem(KEY + conversation);
  else sessionStorage.setItem(KEY + conversation, text);
}
