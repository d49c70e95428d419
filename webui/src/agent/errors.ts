import { ApiError } from "../lib/api/problem";
import { t, type TextKey } from "./text";

/** Sentences of the panel's own for stable words whose answer has none, or none that helps here. */
const SENTENCES: Readonly<Record<string, TextKey>> = {
  unreachable: "error.unreachable",
  stale: "error.stale",
  forbidden: "error.forbidden",
  too_late: "error.too_late",
  cannot_play: "error.cannot_play",
};

/** Says in a sentence what went wrong: what happened, what was kept, what to do. */
export function sentenceFor(error: unknown): string {
  if (!(error instanceof ApiError)) return t("error.unknown");
  const own = SENTENCES[error.code];
  return own !== undefined ? t(own) : error.message || t("error.unknown");
}
