import type { PanelCall } from "../../lib/api/types";
import type { LegState } from "../../lib/rtc";
import { t } from "../text";

interface Seen {
  here: boolean;
  legState: LegState | null;
}

export interface CallWords {
  text: string;
  /** Somebody cannot hear the other at present. */
  trouble: boolean;
}

/** Says in a few words how the call is: who is cut off and for how long yet, where it is open. */
export function callWords(call: PanelCall, { here, legState }: Seen, now: number): CallWords {
  const seconds = call.grace_until === null ? 0 : Math.max(0, Math.ceil((Date.parse(call.grace_until) - now) / 1000));
  if (!here) {
    const lost = call.mine === "reconnecting";
    return { text: t(lost ? "call.tab_lost" : "call.other_tab"), trouble: lost };
  }
  if (legState === "failed") return { text: t("call.failed"), trouble: true };
  if (legState === "reconnecting" || call.mine === "reconnecting") {
    return { text: t("call.mine_reconnecting"), trouble: true };
  }
  if (legState !== "up") return { text: t("call.connecting"), trouble: false };
  if (call.theirs === "reconnecting") {
    return {
      text: t(seconds > 0 ? "call.theirs_reconnecting_for" : "call.theirs_reconnecting", { count: seconds }),
      trouble: true,
    };
  }
  const queue = call.queue?.name;
  return { text: queue === undefined ? t("call.connected") : t("call.connected_queue", { queue }), trouble: false };
}
