/**
 * The values that the server and the pages exchange, by short names. They are made from the OpenAPI document, which
 * is made from the server's handlers: `npm run types` writes `schema.d.ts`. docs/protocol.md says what each means.
 */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Role = Schemas["UserRole"];
export type AgentStatus = Schemas["AgentStatus"];
export type Group = Schemas["Group"];
export type Load = Schemas["Load"];
export type StatusReason = Schemas["StatusReason"];
export type AgentActivity = Schemas["AgentState"]["state"];
export type Sound = Schemas["AgentState"]["sound"];
export type ConversationStatus = Schemas["ThreadStatus"];
export type Priority = Schemas["Priority"];
export type EndReason = Schemas["EndReason"];
export type EndedBy = Schemas["EndedBy"];

export type User = Schemas["User"];
export type UserWithPassword = Schemas["UserWithPassword"];
export type Session = Schemas["Session"];
export type AgentState = Schemas["AgentState"];
export type Customer = Schemas["Customer"];
export type IceServer = Schemas["IceServer"];
export type LegAnswer = Schemas["LegAnswer"];
export type PanelCall = Schemas["PanelCall"];
export type ObserverMode = Schemas["ObserverMode"];
export type TransferTarget = Schemas["TransferTarget"];
export type TransferTargets = Schemas["TransferTargets"];
export type WrapUp = Schemas["WrapUp"];
export type WrapUpDraft = Schemas["WrapUpDraft"];
export type ConversationItem = Schemas["ConversationItem"];
export type Conversation = Schemas["Conversation"];
export type ConversationEdit = Omit<Schemas["ConversationChange"], "version">;
export type Actor = Schemas["Actor"];
export type Entry = Schemas["Entry"];
export type TeamMember = Schemas["TeamMember"];
export type TeamTime = Schemas["TeamTime"];
export type AgentTime = Schemas["AgentTime"];
export type Queue = Schemas["Queue"];
export type QueueEdit = Omit<Schemas["QueueChange"], "version">;
export type WorkingHours = Schemas["WorkingHours"];
export type Span = Schemas["Span"];
export type Opening = Schemas["Opening"];
export type QueueUsage = Schemas["QueueUsage"];
export type RoutingRule = Schemas["RoutingRule"];
export type NewRoutingRule = Schemas["NewRoutingRule"];
export type RuleConditions = Schemas["Conditions"];
export type RuleTrial = Schemas["RuleTrial"];
export type TriedRoute = Schemas["TriedRoute"];
export type LinkKind = Schemas["LinkKind"];
export type LinkState = Schemas["LinkState"];
export type CallLink = Schemas["CallLink"];
export type NewCallLink = Schemas["NewCallLink"];
export type UploadedSound = Schemas["UploadedSound"];
export type Voices = Schemas["Voices"];
export type VoiceChoice = Schemas["VoiceChoice"];
export type StrategySource = Schemas["SpokenSource"] | Schemas["SoundSource"];
export type WaitingStrategy = Schemas["WaitingStrategy"];
export type NewWaitingStrategy = Schemas["NewWaitingStrategy"];
export type NewStatus = Schemas["NewStatus"];
export type StatusEdit = Omit<Schemas["StatusEdit"], "version">;
export type Disposition = Schemas["Disposition"];
export type DispositionEdit = Omit<Schemas["DispositionEdit"], "version">;
export type DispositionMode = Settings["disposition_mode"];
export type UserEdit = Omit<Schemas["UserChange"], "version">;
export type Settings = Schemas["Settings"];
export type RecordingStorage = Schemas["RecordingStorage"];
export type RecordingServer = Schemas["RecordingServer"];
export type StorageTest = Schemas["StorageTest"];
export type RecordingStorageChange = Schemas["RecordingStorageChange"];
export type SettingsEdit = Omit<Schemas["SettingsChange"], "version">;

export type Media = Schemas["Media"];
export type Outcome = Schemas["Outcome"];
export type CallItem = Schemas["CallItem"];
export type MissedCall = Schemas["MissedCall"];
export type Recorded = NonNullable<NonNullable<PanelCall["talk"]>["recorded"]>;
export type RecordingItem = Schemas["RecordingItem"];
export type RecordingRemoval = Schemas["RecordingRemoval"];
export type QueueRetention = Schemas["QueueRetention"];
export type RecordingsErased = Schemas["RecordingsErased"];
export type SideBySideFile = Schemas["SideBySideFile"];
export type RecordingKind = Schemas["RecordingKind"];
export type RecordingState = Schemas["RecordingState"];
export type RecordingNote = Schemas["RecordingNote"];
export type RecordingSettings = Schemas["RecordingSettings"];
export type RecordingSettingsEdit = Omit<Schemas["RecordingSettingsChange"], "version">;
export type RecordedDirections = Schemas["Directions"];
export type AgentRecording = Schemas["AgentRecording"];
export type RecordingMode = Schemas["AgentMode"];
export type AuditEntry = Schemas["AuditEntry"];
export type Wallboard = Schemas["Wallboard"];
export type WallboardFigures = Schemas["WallboardFigures"];

export type PanelState = Schemas["PanelState"];
export type Snapshot = Schemas["Snapshot"];
export type Change = Schemas["Change"];
export type DiskTrouble = Schemas["DiskTrouble"];
export type CallQuality = Schemas["CallQuality"];
export type LegQuality = Schemas["LegQuality"];
export type MeasuredLeg = Schemas["MeasuredLeg"];
export type StaleList = Change["stale"][number];
export type ServerMessage = Schemas["ToPanel"];
export type ClientMessage = Schemas["FromPanel"];
