/** How much work an agent gets, in words. */

import type { Settings, User } from "../../../lib/api/types";
import { t } from "../../text";

/** Says how long the wrap-up is, and whose value that is: an agent's own wins over the centre's (WRAP-02). */
export function wrapUpText({ wrap_up_seconds: own }: User, centre: Settings): string {
  if (own === 0) return t("agents.nothing");
  return own === null ? t("agents.wrap_up_as_centre", { seconds: secondsOf(centre) }) : t("seconds", { count: own });
}

/** Says what an empty field of the wrap-up means. */
export const wrapUpHint = (centre: Settings): string => t("agents.wrap_up_hint", { seconds: secondsOf(centre) });

/** Says how many open conversations an agent may have at a time. */
export function capacityText({ text_capacity: own }: User): string {
  if (own === 0) return t("agents.nothing");
  return own === null ? t("agents.texts_usual") : String(own);
}

const secondsOf = ({ wrap_up_seconds: count }: Settings): string => t("seconds", { count });
