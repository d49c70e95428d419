/** The REST calls about recordings by name. Each throws `ApiError`. */

import { answer, api } from "./request";
import type { paths } from "./schema";
import type * as Api from "./types";

const V1 = "/api/v1";

type Query = NonNullable<paths["/api/v1/recordings"]["get"]["parameters"]["query"]>;

const ofRecording = (recording_id: string) => ({ params: { path: { recording_id } } });

export const recordings = {
  page: (query: Query) => answer(api.GET(`${V1}/recordings`, { params: { query } })),
  /** What was left as a message in a conversation, for all who may answer it. */
  messages: (conversation_id: string) =>
    answer(api.GET(`${V1}/conversations/{conversation_id}/voice-messages`, { params: { path: { conversation_id } } })),
  one: (recording: string) => answer(api.GET(`${V1}/recordings/{recording_id}`, ofRecording(recording))),
  /** Under legal hold nobody and nothing deletes it. */
  hold: (recording: string, legal_hold: boolean) =>
    answer(api.PATCH(`${V1}/recordings/{recording_id}`, { ...ofRecording(recording), body: { legal_hold } })),
  remove: (recording: string) => answer(api.DELETE(`${V1}/recordings/{recording_id}`, ofRecording(recording))),
  eraseOf: (customer_id: string) =>
    answer(api.POST(`${V1}/customers/{customer_id}/erase-recordings`, { params: { path: { customer_id } } })),
  sideBySide: (recording: string) =>
    answer(api.GET(`${V1}/recordings/{recording_id}/side-by-side`, ofRecording(recording))),
  prepare: (recording: string) =>
    answer(api.POST(`${V1}/recordings/{recording_id}/side-by-side`, ofRecording(recording))),
  notes: (recording: string) => answer(api.GET(`${V1}/recordings/{recording_id}/notes`, ofRecording(recording))),
  addNote: (recording: string, at_seconds: number, text: string) =>
    answer(
      api.POST(`${V1}/recordings/{recording_id}/notes`, { ...ofRecording(recording), body: { at_seconds, text } }),
    ),
  deleteNote: (recording_id: string, note_id: string) =>
    answer(
      api.DELETE(`${V1}/recordings/{recording_id}/notes/{note_id}`, { params: { path: { recording_id, note_id } } }),
    ),
  /** The address of a finished file, for elements that fetch it in pieces themselves. */
  fileUrl: (recording: string, kind: string) =>
    `${V1}/recordings/${encodeURIComponent(recording)}/files/${encodeURIComponent(kind)}`,
};

/** Reads a finished file that is JSON; what it holds is known to who asks for it. */
export async function recordingFile<T>(recording_id: string, kind: string): Promise<T> {
  const path = `${V1}/recordings/{recording_id}/files/{kind}` as const;
  return (await answer(api.GET(path, { params: { path: { recording_id, kind } } }))) as T;
}

export const recordingSettings = {
  current: () => answer(api.GET(`${V1}/recording-settings`)),
  edit: (version: number, edit: Api.RecordingSettingsEdit) =>
    answer(api.PATCH(`${V1}/recording-settings`, { body: { version, ...edit } })),
  agents: () => answer(api.GET(`${V1}/recording-settings/agents`)),
  setAgent: (agent_id: string, body: Omit<Api.AgentRecording, "agent_id">) =>
    answer(api.PUT(`${V1}/recording-settings/agents/{agent_id}`, { params: { path: { agent_id } }, body })),
};

export const recordingRetention = {
  current: () => answer(api.GET(`${V1}/recording-retention`)),
  /** Keeps the recordings of a queue for so many days; null is for ever. */
  setQueue: (queue_id: string, days: number | null) =>
    answer(api.PUT(`${V1}/recording-retention/queues/{queue_id}`, { params: { path: { queue_id } }, body: { days } })),
  dryRun: () => answer(api.GET(`${V1}/recording-retention/dry-run`)),
};
