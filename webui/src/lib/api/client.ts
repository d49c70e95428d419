/** Every REST call of the panel by name. Each throws `ApiError`. */

import { answer, api } from "./request";
import type { paths } from "./schema";
import type * as Api from "./types";

const V1 = "/api/v1";

export const session = {
  current: () => answer(api.GET(`${V1}/session`)),
  signIn: (login: string, password: string) => answer(api.POST(`${V1}/session`, { body: { login, password } })),
  signOut: () => answer(api.DELETE(`${V1}/session`)),
  changePassword: (current: string, fresh: string) =>
    answer(api.POST(`${V1}/session/password`, { body: { current, new: fresh } })),
  setUp: (first: { token: string; login: string; name: string; password: string }) =>
    answer(api.POST(`${V1}/setup`, { body: first })),
};

export const agent = {
  setStatus: (status: string) => answer(api.PUT(`${V1}/agent/status`, { body: { status } })),
};

const ofCall = (call_id: string) => ({ params: { path: { call_id } } });
const ofReservation = (reservation_id: string) => ({ params: { path: { reservation_id } } });

export const calls = {
  openLeg: (call: string, sdp: string, tab: string, signal: AbortSignal) =>
    answer(api.POST(`${V1}/calls/{call_id}/leg`, { ...ofCall(call), body: { sdp, tab }, signal })),
  /** Said while the page goes away, so the request outlives it. */
  legLost: (call: string, transport: string) =>
    answer(api.POST(`${V1}/calls/{call_id}/leg-lost`, { ...ofCall(call), body: { transport }, keepalive: true })),
  hangUp: (call: string) => answer(api.POST(`${V1}/calls/{call_id}/hangup`, ofCall(call))),
  accept: (reservation: string, tab: string, transport: string | null) =>
    answer(
      api.POST(`${V1}/reservations/{reservation_id}/accept`, {
        ...ofReservation(reservation),
        body: { tab, transport },
      }),
    ),
  decline: (reservation: string) =>
    answer(api.POST(`${V1}/reservations/{reservation_id}/decline`, ofReservation(reservation))),
  hold: (call: string) => answer(api.POST(`${V1}/calls/{call_id}/hold`, ofCall(call))),
  resume: (call: string) => answer(api.POST(`${V1}/calls/{call_id}/resume`, ofCall(call))),
  targets: (call_id: string, search: string) =>
    answer(api.GET(`${V1}/calls/{call_id}/transfer-targets`, { params: { path: { call_id }, query: { search } } })),
  transfer: (call: string, agent_id: string) =>
    answer(api.POST(`${V1}/calls/{call_id}/transfer`, { ...ofCall(call), body: { agent_id } })),
  consult: (call: string, agent_id: string) =>
    answer(api.POST(`${V1}/calls/{call_id}/consult`, { ...ofCall(call), body: { agent_id } })),
  complete: (call: string) => answer(api.POST(`${V1}/calls/{call_id}/consult/complete`, ofCall(call))),
  giveBack: (call: string) => answer(api.POST(`${V1}/calls/{call_id}/consult/return`, ofCall(call))),
  observe: (call: string, mode: Api.ObserverMode) =>
    answer(api.POST(`${V1}/calls/{call_id}/observe`, { ...ofCall(call), body: { mode } })),
  stopObserving: (call: string) => answer(api.POST(`${V1}/calls/{call_id}/observe/stop`, ofCall(call))),
  /** Calls a customer who was not answered: the customer's page rings, and the new call is in this tab. */
  callBack: (missed: string, tab: string) =>
    answer(api.POST(`${V1}/calls/{call_id}/call-back`, { ...ofCall(missed), body: { tab } })),
  pauseRecording: (call: string) => answer(api.POST(`${V1}/calls/{call_id}/recording/pause`, ofCall(call))),
  resumeRecording: (call: string) => answer(api.POST(`${V1}/calls/{call_id}/recording/resume`, ofCall(call))),
  take: (queue_id: string) => answer(api.POST(`${V1}/queues/{queue_id}/take`, { params: { path: { queue_id } } })),
};

export const wrapUp = {
  save: (body: Api.WrapUpDraft, keepalive = false) => answer(api.PUT(`${V1}/wrap-up`, { body, keepalive })),
  extend: (call_id: string) => answer(api.POST(`${V1}/wrap-up/extend`, { body: { call_id } })),
  finish: (body: Api.WrapUpDraft) => answer(api.POST(`${V1}/wrap-up/finish`, { body })),
};

export const ENTRIES_PER_PAGE = 200;

const ofConversation = (conversation_id: string) => ({ params: { path: { conversation_id } } });

export const conversations = {
  recent: () => answer(api.GET(`${V1}/conversations`, { params: { query: { recent: true, limit: 50 } } })),
  one: (id: string) => answer(api.GET(`${V1}/conversations/{conversation_id}`, ofConversation(id))),
  start: (body: { customer_name: string } | { customer_id: string }) =>
    answer(api.POST(`${V1}/conversations`, { body })),
  edit: (id: string, version: number, edit: Api.ConversationEdit) =>
    answer(api.PATCH(`${V1}/conversations/{conversation_id}`, { ...ofConversation(id), body: { version, ...edit } })),
  entries: (id: string, after: number) =>
    answer(
      api.GET(`${V1}/conversations/{conversation_id}/entries`, {
        params: { path: { conversation_id: id }, query: { after, limit: ENTRIES_PER_PAGE } },
      }),
    ),
  sendMessage: (id: string, text: string, key: string) =>
    answer(api.POST(`${V1}/conversations/{conversation_id}/messages`, { ...ofConversation(id), body: { text, key } })),
  addNote: (id: string, text: string, key: string) =>
    answer(api.POST(`${V1}/conversations/{conversation_id}/notes`, { ...ofConversation(id), body: { text, key } })),
  markRead: (id: string) => answer(api.POST(`${V1}/conversations/{conversation_id}/read`, ofConversation(id))),
  markUnread: (id: string) => answer(api.POST(`${V1}/conversations/{conversation_id}/unread`, ofConversation(id))),
};

export const customers = {
  search: (search: string) => answer(api.GET(`${V1}/customers`, { params: { query: { search } } })),
};

const ofUser = (user_id: string) => ({ params: { path: { user_id } } });

export const users = {
  all: () => answer(api.GET(`${V1}/users`)),
  add: (user: { login: string; name: string; roles: Api.Role[] }) => answer(api.POST(`${V1}/users`, { body: user })),
  edit: (id: string, version: number, edit: Api.UserEdit) =>
    answer(api.PATCH(`${V1}/users/{user_id}`, { ...ofUser(id), body: { version, ...edit } })),
  resetPassword: (id: string) => answer(api.POST(`${V1}/users/{user_id}/reset-password`, ofUser(id))),
  disable: (id: string) => answer(api.POST(`${V1}/users/{user_id}/disable`, ofUser(id))),
  enable: (id: string) => answer(api.POST(`${V1}/users/{user_id}/enable`, ofUser(id))),
};

export const queues = {
  all: () => answer(api.GET(`${V1}/queues`)),
  add: (name: string) => answer(api.POST(`${V1}/queues`, { body: { name } })),
  edit: (queue_id: string, version: number, edit: Api.QueueEdit) =>
    answer(api.PATCH(`${V1}/queues/{queue_id}`, { params: { path: { queue_id } }, body: { version, ...edit } })),
  usage: (queue_id: string) => answer(api.GET(`${V1}/queues/{queue_id}/usage`, { params: { path: { queue_id } } })),
  remove: (queue_id: string, move_to: string) =>
    answer(api.DELETE(`${V1}/queues/{queue_id}`, { params: { path: { queue_id }, query: { move_to } } })),
  tryHours: (hours: Api.WorkingHours) => answer(api.POST(`${V1}/working-hours/trial`, { body: { hours } })),
};

export const rules = {
  all: () => answer(api.GET(`${V1}/routing-rules`)),
  add: (body: Api.NewRoutingRule) => answer(api.POST(`${V1}/routing-rules`, { body })),
  edit: (rule_id: string, version: number, rule: Api.NewRoutingRule) =>
    answer(api.PUT(`${V1}/routing-rules/{rule_id}`, { params: { path: { rule_id } }, body: { version, ...rule } })),
  remove: (rule_id: string) => answer(api.DELETE(`${V1}/routing-rules/{rule_id}`, { params: { path: { rule_id } } })),
  order: (ids: string[]) => answer(api.PUT(`${V1}/routing-rules/order`, { body: { ids } })),
  try: (body: Api.RuleTrial) => answer(api.POST(`${V1}/routing-rules/trial`, { body })),
};

export const callLinks = {
  all: () => answer(api.GET(`${V1}/call-links`)),
  create: (body: Api.NewCallLink) => answer(api.POST(`${V1}/call-links`, { body })),
  revoke: (link_id: string) => answer(api.POST(`${V1}/call-links/{link_id}/revoke`, { params: { path: { link_id } } })),
};

export const waiting = {
  voices: () => answer(api.GET(`${V1}/voices`)),
  sounds: () => answer(api.GET(`${V1}/sounds`)),
  deleteSound: (sound_id: string) => answer(api.DELETE(`${V1}/sounds/{sound_id}`, { params: { path: { sound_id } } })),
  all: () => answer(api.GET(`${V1}/waiting-strategies`)),
  add: (body: Api.NewWaitingStrategy) => answer(api.POST(`${V1}/waiting-strategies`, { body })),
  replace: (strategy_id: string, version: number, body: Api.NewWaitingStrategy) =>
    answer(
      api.PUT(`${V1}/waiting-strategies/{strategy_id}`, {
        params: { path: { strategy_id } },
        body: { ...body, version },
      }),
    ),
  remove: (strategy_id: string, version: number) =>
    answer(
      api.DELETE(`${V1}/waiting-strategies/{strategy_id}`, { params: { path: { strategy_id }, query: { version } } }),
    ),
};

export const settings = {
  current: () => answer(api.GET(`${V1}/settings`)),
  edit: (version: number, edit: Api.SettingsEdit) =>
    answer(api.PATCH(`${V1}/settings`, { body: { version, ...edit } })),
};

export const recordingStorage = {
  current: () => answer(api.GET(`${V1}/recording-storage`)),
  set: (body: Api.RecordingStorageChange) => answer(api.PUT(`${V1}/recording-storage`, { body })),
  test: (body: Api.RecordingServer) => answer(api.POST(`${V1}/recording-storage/test`, { body })),
  name: (template: string) => answer(api.POST(`${V1}/recording-storage/name`, { body: { template } })),
};

const ofStatus = (status_id: string) => ({ path: { status_id } });

export const statuses = {
  all: () => answer(api.GET(`${V1}/statuses`)),
  add: (body: Api.NewStatus) => answer(api.POST(`${V1}/statuses`, { body })),
  edit: (id: string, version: number, edit: Api.StatusEdit) =>
    answer(api.PATCH(`${V1}/statuses/{status_id}`, { params: ofStatus(id), body: { version, ...edit } })),
  remove: (id: string, version: number) =>
    answer(api.DELETE(`${V1}/statuses/{status_id}`, { params: { ...ofStatus(id), query: { version } } })),
};

const ofDisposition = (disposition_id: string) => ({ path: { disposition_id } });

export const dispositions = {
  all: () => answer(api.GET(`${V1}/dispositions`)),
  add: (name: string) => answer(api.POST(`${V1}/dispositions`, { body: { name } })),
  edit: (id: string, version: number, edit: Api.DispositionEdit) =>
    answer(api.PATCH(`${V1}/dispositions/{disposition_id}`, { params: ofDisposition(id), body: { version, ...edit } })),
  remove: (id: string, version: number) =>
    answer(api.DELETE(`${V1}/dispositions/{disposition_id}`, { params: { ...ofDisposition(id), query: { version } } })),
};

export const team = {
  force: (agent: string, status: string) =>
    answer(api.POST(`${V1}/team/{user_id}/status`, { ...ofUser(agent), body: { status } })),
  endWrapUp: (agent: string) => answer(api.POST(`${V1}/team/{user_id}/wrap-up/finish`, ofUser(agent))),
  time: (query: { since: string; until?: string }) => answer(api.GET(`${V1}/team/status-time`, { params: { query } })),
};

type CallQuery = NonNullable<paths["/api/v1/calls"]["get"]["parameters"]["query"]>;
type AuditQuery = NonNullable<paths["/api/v1/audit"]["get"]["parameters"]["query"]>;

export const callLog = {
  page: (query: CallQuery) => answer(api.GET(`${V1}/calls`, { params: { query } })),
  missed: () => answer(api.GET(`${V1}/calls/missed`)),
  handle: (call: string) => answer(api.POST(`${V1}/calls/{call_id}/handled`, ofCall(call))),
};

export const audit = {
  page: (query: AuditQuery) => answer(api.GET(`${V1}/audit`, { params: { query } })),
  choices: () => answer(api.GET(`${V1}/audit/choices`)),
};
