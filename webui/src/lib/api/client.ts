/** Every REST call of the panel by name. Each throws `ApiError`. */

import { request } from "./request";
import type * as Api from "./types";

const at = (strings: TemplateStringsArray, ...ids: string[]): string =>
  strings.reduce((path, part, index) => path + encodeURIComponent(ids[index - 1] ?? "") + part);

export const session = {
  current: () => request<Api.Session>("GET", "/session"),
  signIn: (login: string, password: string) => request<Api.Session>("POST", "/session", { body: { login, password } }),
  signOut: () => request<void>("DELETE", "/session"),
  changePassword: (current: string, next: string) =>
    request<void>("POST", "/session/password", { body: { current, new: next } }),
  setUp: (first: { token: string; login: string; name: string; password: string }) =>
    request<Api.Session>("POST", "/setup", { body: first }),
};

export const agent = {
  setStatus: (status: Api.Status) => request<Api.AgentState>("PUT", "/agent/status", { body: { status } }),
};

export const calls = {
  openLeg: (call: string, sdp: string, tab: string) =>
    request<{ sdp: string; transport: string }>("POST", at`/calls/${call}/leg`, { body: { sdp, tab } }),
  legLost: (call: string, transport: string) =>
    request<void>("POST", at`/calls/${call}/leg-lost`, { body: { transport }, keepalive: true }),
  accept: (reservation: string, tab: string, transport: string | null) =>
    request<Api.PanelCall>("POST", at`/reservations/${reservation}/accept`, { body: { tab, transport } }),
  decline: (reservation: string) => request<void>("POST", at`/reservations/${reservation}/decline`),
  hangUp: (call: string) => request<void>("POST", at`/calls/${call}/hangup`),
};

export interface WrapUpDraft {
  call_id: string;
  summary: string;
  status: Api.ConversationStatus;
}

export const wrapUp = {
  save: (draft: WrapUpDraft, keepalive = false) => request<Api.WrapUp>("PUT", "/wrap-up", { body: draft, keepalive }),
  extend: (call_id: string) => request<Api.WrapUp>("POST", "/wrap-up/extend", { body: { call_id } }),
  finish: (draft: WrapUpDraft) => request<void>("POST", "/wrap-up/finish", { body: draft }),
};

export interface Page<T> {
  items: T[];
  total: number;
}

export const ENTRIES_PER_PAGE = 200;

export type ConversationEdit = Partial<Pick<Api.Conversation, "status" | "topic" | "priority" | "summary">>;

export const conversations = {
  recent: () => request<Page<Api.ConversationItem>>("GET", "/conversations", { query: { recent: true, limit: 50 } }),
  one: (id: string) => request<Api.Conversation>("GET", at`/conversations/${id}`),
  start: (who: { customer_name: string } | { customer_id: string }) =>
    request<Api.Conversation>("POST", "/conversations", { body: who }),
  edit: (id: string, version: number, edit: ConversationEdit) =>
    request<Api.Conversation>("PATCH", at`/conversations/${id}`, { body: { version, ...edit } }),
  entries: (id: string, after: number) =>
    request<{ items: Api.Entry[]; upto: number }>("GET", at`/conversations/${id}/entries`, {
      query: { after, limit: ENTRIES_PER_PAGE },
    }),
  sendMessage: (id: string, text: string, key: string) =>
    request<Api.Entry>("POST", at`/conversations/${id}/messages`, { body: { text, key } }),
  addNote: (id: string, text: string, key: string) =>
    request<Api.Entry>("POST", at`/conversations/${id}/notes`, { body: { text, key } }),
  markRead: (id: string) => request<void>("POST", at`/conversations/${id}/read`),
  markUnread: (id: string) => request<void>("POST", at`/conversations/${id}/unread`),
};

export const customers = {
  search: (text: string) => request<Api.Customer[]>("GET", "/customers", { query: { search: text } }),
};

export interface UserWithPassword {
  user: Api.User;
  password: string;
}

export const users = {
  all: () => request<Api.User[]>("GET", "/users"),
  add: (user: { login: string; name: string; roles: Api.Role[] }) =>
    request<UserWithPassword>("POST", "/users", { body: user }),
  edit: (id: string, version: number, edit: Partial<Pick<Api.User, "name" | "roles" | "wrap_up_seconds">>) =>
    request<Api.User>("PATCH", at`/users/${id}`, { body: { version, ...edit } }),
  resetPassword: (id: string) => request<UserWithPassword>("POST", at`/users/${id}/reset-password`),
  disable: (id: string) => request<Api.User>("POST", at`/users/${id}/disable`),
  enable: (id: string) => request<Api.User>("POST", at`/users/${id}/enable`),
};

export const queues = {
  all: () => request<Api.Queue[]>("GET", "/queues"),
  add: (name: string) => request<Api.Queue>("POST", "/queues", { body: { name } }),
  edit: (id: string, version: number, edit: { name?: string; open?: boolean; members?: string[] }) =>
    request<Api.Queue>("PATCH", at`/queues/${id}`, { body: { version, ...edit } }),
};

export const callLinks = {
  all: () => request<Api.CallLink[]>("GET", "/call-links"),
  create: (link: Api.NewCallLink) => request<Api.CallLink>("POST", "/call-links", { body: link }),
  revoke: (id: string) => request<Api.CallLink>("POST", at`/call-links/${id}/revoke`),
};

export const settings = {
  current: () => request<Api.Settings>("GET", "/settings"),
  edit: (version: number, edit: Partial<Omit<Api.Settings, "version">>) =>
    request<Api.Settings>("PATCH", "/settings", { body: { version, ...edit } }),
};
