/** The values that the server and the pages exchange; docs/protocol.md says what each means. */

export type Role = "agent" | "supervisor" | "admin";
export type Status = "offline" | "active" | "busy" | "away";
export type AgentActivity = "idle" | "ringing" | "in_call" | "wrapping";
export type Sound = "ready" | "blocked" | "off";
export type ConversationStatus = "open" | "waiting" | "solved" | "closed";
export type Priority = "low" | "normal" | "high" | "urgent";
export type Media = "audio" | "video";
export type EndReason = "hung_up" | "abandoned" | "no_answer" | "lost" | "server_restart" | "failed" | "too_long";
export type EndedBy = "customer" | "agent" | "system" | "network";

export interface Named {
  id: string;
  name: string;
}

export interface User {
  id: string;
  login: string;
  name: string;
  roles: Role[];
  disabled: boolean;
  wrap_up_seconds: number | null;
  version: number;
}

export interface Session {
  user: User;
  must_change_password: boolean;
  centre_name: string;
}

export interface AgentState {
  id: string;
  name: string;
  status: Status;
  reason: string | null;
  since: string;
  state: AgentActivity;
  reachable: boolean;
  sound: Sound;
}

export interface Customer {
  id: string;
  name: string;
  address: string | null;
  city: string | null;
  country: string | null;
  created_at: string;
}

export interface PanelCall {
  id: string;
  media: Media;
  phase: "ringing" | "talking";
  conversation_id: string;
  customer: Omit<Customer, "created_at">;
  queue: Named | null;
  link_label: string | null;
  waiting_since: string;
  last_summary: string | null;
  reservation: { id: string; deadline: string; seconds: number } | null;
  answered_at: string | null;
  tab: string | null;
  mine: "connecting" | "up" | "reconnecting";
  theirs: "up" | "reconnecting";
  grace_until: string | null;
  ice_servers: RTCIceServer[];
}

export interface WrapUp {
  call_id: string;
  conversation_id: string;
  customer: Named;
  started_at: string;
  until: string;
  summary: string;
  status: ConversationStatus;
  ended_by: EndedBy;
  talked_seconds: number | null;
}

export interface ConversationItem {
  id: string;
  topic: string;
  customer: Named;
  status: ConversationStatus;
  priority: Priority;
  queue: Named | null;
  assignee: Named | null;
  last_customer_at: string | null;
  preview: string;
  preview_kind: "message" | "call" | "none";
  unread: number;
  live_call: boolean;
  version: number;
}

export interface Conversation extends Omit<ConversationItem, "customer"> {
  created_at: string;
  summary: string;
  customer: Customer;
  can_message: boolean;
  history: { id: string; topic: string; status: ConversationStatus; created_at: string }[];
}

export interface Actor {
  kind: "customer" | "agent" | "supervisor" | "automation";
  id: string | null;
  name: string;
}

interface EntryBase {
  number: number;
  at: string;
  conversation_id: string;
  actor: Actor;
}

export type Entry = EntryBase &
  (
    | { type: "message"; text: string; from: "customer" | "agent" }
    | { type: "note"; text: string }
    | { type: "call_started"; call_id: string; direction: "inbound" | "outbound"; media: Media }
    | { type: "call_answered"; call_id: string; agent: Named; waited_seconds: number }
    | { type: "call_missed" | "call_declined"; call_id: string; agent: Named }
    | { type: "call_reconnecting" | "call_reconnected"; call_id: string; who: "customer" | "agent" }
    | {
        type: "call_ended";
        call_id: string;
        by: EndedBy;
        reason: EndReason;
        talked_seconds: number | null;
        waited_seconds: number;
      }
    | { type: "call_wrapped"; call_id: string; agent: Named; summary: string }
    | {
        type: "change";
        field: "status" | "assignee" | "queue" | "priority" | "topic" | "summary";
        old: string | null;
        new: string | null;
      }
  );

export interface TeamMember {
  id: string;
  name: string;
  status: Status;
  reason: string | null;
  state: AgentActivity;
  since: string;
  reachable: boolean;
  sound: Sound;
  queues: Named[];
}

export interface Queue {
  id: string;
  name: string;
  open: boolean;
  members: Named[];
  waiting: number;
  version: number;
}

export type LinkKind = "one_time" | "expiry" | "time_frame";
export type LinkState = "not_yet" | "active" | "in_use" | "used" | "expired" | "revoked";

export interface CallLink {
  id: string;
  kind: LinkKind;
  label: string;
  queue: Named;
  identity: string | null;
  audio_only: boolean;
  starts_at: string;
  ends_at: string | null;
  state: LinkState;
  created_by: Named;
  created_at: string;
  url: string | null;
}

export interface NewCallLink {
  kind: LinkKind;
  queue_id: string;
  label?: string;
  identity?: string;
  audio_only?: boolean;
  starts_at?: string;
  ends_at?: string;
  days?: number;
}

export interface Settings {
  centre_name: string;
  welcome_text: string;
  not_yet_text: string;
  expired_text: string;
  closed_text: string;
  wrap_up_seconds: number;
  wrap_up_cap_seconds: number | null;
  link_days: number;
  version: number;
}

export interface PanelState {
  me: AgentState;
  call: PanelCall | null;
  wrap_up: WrapUp | null;
  conversations: ConversationItem[];
  total: number;
  team: TeamMember[];
}

export type StaleList = "users" | "queues" | "call_links" | "settings";

export interface Snapshot {
  type: "snapshot";
  upto: number;
  now: string;
  state: PanelState;
}

export interface Change {
  type: "change";
  after: number;
  upto: number;
  now: string;
  set: Partial<Pick<PanelState, "me" | "call" | "wrap_up">>;
  conversations?: { upsert: ConversationItem[]; remove: string[] };
  total?: number | null;
  team?: { upsert: TeamMember[]; remove: string[] };
  threads?: string[];
  stale?: StaleList[];
}

export type GoneCode = "signed_out" | "slow" | "bad_message" | "too_fast";
export type ServerMessage = Snapshot | Change | { type: "pong"; now: string } | { type: "gone"; code: GoneCode };

export type ClientMessage =
  | { type: "hello"; tab: string; resume: number | null; sound: Sound }
  | { type: "heartbeat" }
  | { type: "sound"; sound: Sound }
  | { type: "watch"; conversation_id: string | null };
