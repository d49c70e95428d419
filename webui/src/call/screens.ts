/** What the customer's page can show. */

import type * as api from "./api";
import type { Events } from "./events";
import type { Live } from "./live";

/** Pages that are one sentence and a way on. */
export type Page =
  | Exclude<api.LinkState, "active">
  | "unknown"
  | "closed"
  | "nobody"
  | "restarting"
  | "busy"
  | "away"
  | "unsupported"
  | "insecure"
  | "unreachable"
  | "elsewhere";

export type Ending =
  | "agent"
  | "you"
  | "left"
  | "gone"
  | "unreached"
  | "not_now"
  | "no_callback"
  | "message_full"
  | "message_cut"
  | Exclude<api.EndReason, "hung_up" | "abandoned">;

export type Screen =
  | { kind: "loading" }
  /** `later`: the call that could not be let in yet; it is asked for again until it is. */
  | { kind: "page"; page: Page; later?: Wanted }
  | { kind: "before" }
  | { kind: "live"; live: Live }
  /** `listening`: an agent may still call back, as long as the page is open. */
  | { kind: "ended"; how: Ending; call: api.GuestCall; listening?: Events };

/** A call as the customer asked for it. */
export interface Wanted {
  media: api.Media;
  name: string;
}
