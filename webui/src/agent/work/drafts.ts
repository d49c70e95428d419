/** What is written but not sent, by conversation: it survives a look elsewhere and a reload. */

export type Kind = "message" | "note";

export interface Draft {
  kind: Kind;
  text: string;
}

const KEY = "parley.draft.";

export function draftOf(conversation: string): Draft {
  const [kind, ...text] = (sessionStorage.getItem(KEY + conversation) ?? "").split("\n");
  return { kind: kind === "note" ? "note" : "message", text: text.join("\n") };
}

export function keepDraft(conversation: string, { kind, text }: Draft): void {
  if (text === "") sessionStorage.removeItem(KEY + conversation);
  else sessionStorage.setItem(KEY + conversation, `${kind}\n${text}`);
}

/**
 * Returns what a text is to be: a message needs a customer who can be reached, and what was begun as a note never
 * becomes a message by itself (MSG-03), however reachable the customer is by then.
 */
export function kindOf(draft: Draft, wanted: Kind, reachable: boolean): Kind {
  if (!reachable) return "note";
  return draft.text === "" ? wanted : draft.kind;
}
