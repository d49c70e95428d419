import type { PanelCall } from "../../lib/api/types";
import { t } from "../text";

/** Says which colleague hands the call over, or asks about it first; empty for a call from the queue. */
export function askedWords({ asked_by, talk, customer }: PanelCall): string {
  if (asked_by === null) return "";
  // Who asks first still talks in the call; who hands it over is out of it.
  return t(talk === null ? "ringing.hands_over" : "ringing.asks", { asker: asked_by.name, name: customer.name });
}
