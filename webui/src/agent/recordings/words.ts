/** What became of a recording, in words. */

import type {
  DiskTrouble,
  RecordingItem,
  RecordingRemoval,
  RecordingsErased,
  RecordingState,
  SideBySideFile,
} from "../../lib/api/types";
import { duration } from "../../lib/i18n/format";
import { t, textFor } from "../text";

export const STATES: readonly RecordingState[] = [
  "recording",
  "finalizing",
  "spooled",
  "uploading",
  "uploaded",
  "failed_over",
  "failed",
];

/** How long recordings can be that are looked for. */
export const LENGTHS = {
  short: { shorter_than: 60 },
  medium: { longer_than: 60, shorter_than: 300 },
  long: { longer_than: 300 },
} as const;
export type Length = keyof typeof LENGTHS;

export const stateText = (state: RecordingState): string => t(`recordings.state.${state}`);

/** Says what is wrong with a recording, also with a word of a newer server; null when nothing is. */
export function troubleText({ why, partial }: Pick<RecordingItem, "why" | "partial">): string | null {
  if (why !== null) return textFor(`recordings.why.${why}`) ?? t("recordings.why_other", { why });
  return partial ? t("recordings.why_partial") : null;
}

/** Says why nothing can be heard of a recording yet, or any more; null when it can be. */
export function whyNotHeard({ kind, state, files }: Pick<RecordingItem, "kind" | "state" | "files">): string | null {
  if (files.some(({ kind }) => kind === "voice")) return null;
  if (kind === "message" && state === "recording") return t("recordings.not_yet.message");
  if (state === "recording" || state === "finalizing" || state === "failed") return t(`recordings.not_yet.${state}`);
  return t("recordings.not_yet.gone");
}

export const agentsText = ({ segments }: Pick<RecordingItem, "segments">): string =>
  [...new Set(segments.map(({ agent }) => agent.name))].join(", ");

/** Says how long a recording is; null while it goes on. */
export const lengthText = ({ seconds }: Pick<RecordingItem, "seconds">): string | null =>
  seconds === null ? null : duration(Math.round(seconds));

/** Says where the file with both pictures is, beside the state of its recording; null while it concerns nobody. */
export function preparationText({ preparation }: Pick<RecordingItem, "preparation">): string | null {
  if (preparation === null || preparation === "ready") return null;
  return t(preparation === "failed" ? "recordings.video_failed_short" : "recordings.video_preparing_short");
}

/** Says how far the file with both pictures is. */
export function preparingText({ state, before }: Pick<SideBySideFile, "state" | "before">): string {
  if (state === "waiting" && before > 0) return t("recordings.video_before", { count: before });
  return t(`recordings.video_state.${state ?? "none"}`);
}

/** Says why the file with both pictures could not be made, also with a word of a newer server; null where it can be. */
export function videoTroubleText({ state, why }: Pick<SideBySideFile, "state" | "why">): string | null {
  if (why === null) return null;
  const sentence = textFor(`recordings.video_why.${why}`) ?? t("recordings.video_why_other", { why });
  return `${sentence} ${t(state === "failed" ? "recordings.video_failed" : "recordings.video_again")}`;
}

/** What is the matter with the disk: for who leads, or for the agent whose call it is about. */
export function diskText(what: DiskTrouble, leads: boolean): string {
  // How much room is left is told to those only who lead.
  if (leads || what === "low_space" || what === "no_space") return t(`banner.recording.${what}`);
  return t(`banner.recording_own.${what}`);
}

/** Says what became of a deleted recording at the customer's server. */
export function removalText({ state, server, sentence }: RecordingRemoval): string {
  return `${t(`recordings.removal.${state}`, { server: server || t("recordings.removal.unknown") })} ${sentence}`.trim();
}

/** Says why nobody can delete a recording now; null when somebody can. */
export function whyNotDeleted({ legal_hold, state }: Pick<RecordingItem, "legal_hold" | "state">): string | null {
  if (legal_hold) return t("recordings.held");
  return ["recording", "finalizing", "uploading"].includes(state) ? t("recordings.not_finished") : null;
}

/** Says what deleting a recording does, here and at the customer's server; nothing was sent of one that is `spooled`. */
export function deletionText(state: RecordingState): string {
  const there = state === "uploaded" ? "recordings.delete_sent" : "recordings.delete_perhaps_sent";
  return [t("recordings.delete_text"), ...(state === "spooled" ? [] : [t(there)])].join(" ");
}

/** Says what became of the wish to delete all recordings of a customer. */
export function erasedText({ deleted, later, held, at_server }: RecordingsErased, customer: string): string {
  const parts = [
    ...(later > 0 ? [t("recordings.erased_later", { count: later })] : []),
    ...(held > 0 ? [t("recordings.erased_held", { count: held })] : []),
    ...(at_server > 0 ? [t("recordings.erased_at_server", { count: at_server })] : []),
  ];
  // That none was deleted is said only where nothing else was found either.
  const first = deleted > 0 || parts.length === 0 ? [t("recordings.erased_deleted", { count: deleted, customer })] : [];
  return [...first, ...parts].join(" ");
}
