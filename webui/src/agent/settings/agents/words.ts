/** How much work an agent gets, in words. */

import type { Settings, User } from "../../../lib/api/types";
import { t } from "../../text";

/** Says how long the wrap-up is, and whose value that is: an agent's own wins over the centre's (WRAP-02). */
export function wrapUpText({ wrap_up_seconds: own }: User, centre: Settings | null): string {
  if (own === 0) return t("agents.nothing");
  if (own !== null) return t("seconds", { count: own });
  return centre === null ? t("agents.wrap_up_centre") : t("agents.wrap_up_as_centre", { seconds: secondsOf(centre) });
}

/** Says what an empty field of the wrap-up means. */
export function wrapUpHint(centre: Settings | null): string {
  const seconds = centre === null ? "" : secondsOf(centre);
  return t("agents.wrap_up_hint", { seconds });
}

/** Says how many open conversations an agent may have at a time. */
export function capacityText({ text_capacity: own }: User): string {
  if (own === 0) return t("agents.nothing");
  return own === null ? t("agents.texts_usual") : t("agents.texts", { count: own });
}

const secondsOf = ({ wrap_up_seconds: count }: Settings): string => t("seconds", { count });
