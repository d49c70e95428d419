import type { PanelCall } from "../../lib/api/types";
import { agoText } from "../calls/words";
import { t } from "../text";

/** The customer is not on the line: the page rings when the agent answers (PLUS-12). */
export const wantsCallBack = ({ asked_by, callback_at }: PanelCall): boolean =>
  asked_by === null && callback_at !== null;

/** Says which colleague hands the call over or asks about it first, or that the customer waits to be called back. */
export function askedWords({ asked_by, talk, customer, callback_at }: PanelCall, now: number): string {
  if (asked_by === null) return callback_at === null ? "" : t("ringing.callback", { ago: agoText(callback_at, now) });
  // Who asks first still talks in the call; who hands it over is out of it.
  return t(talk === null ? "ringing.hands_over" : "ringing.asks", { asker: asked_by.name, name: customer.name });
}
