/** What the customer is told of being recorded: that it may happen, before the call; that it does, during it. */

import { h, setText, show } from "./dom";
import type { Session } from "./session";
import { t } from "./words";

export function makeConsent(session: Session) {
  const element = h("p", { class: "consent", role: "status" });

  function update(): void {
    const { screen, link } = session;
    const call = screen.kind === "live" ? screen.live.call : null;
    const recorded = call?.phase === "talking" ? call.recorded : null;
    const told = call?.phase === "talking" ? "" : ((screen.kind === "before" ? link?.consent : call?.consent) ?? "");
    const text = recorded ? t(`recorded.${recorded}`) : told;
    setText(element, text);
    show(element, text !== "");
    element.dataset["recorded"] = recorded ?? "";
  }

  return { element, update };
}
