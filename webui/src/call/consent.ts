/** What the waiting customer is told of being recorded; and while talking, whether it happens now. */

import { h, setText, show } from "./dom";
import type { Session } from "./session";
import { t } from "./words";

export function makeConsent(session: Session) {
  const element = h("p", { class: "consent", role: "status" });

  function update(): void {
    const { screen } = session;
    const call = screen.kind === "live" ? screen.live.call : null;
    const announcing = call?.recorded === "announcing";
    const recorded = call?.phase === "talking" && call.recorded !== "announcing" ? call.recorded : null;
    const told = call?.phase === "talking" && !announcing ? "" : (call?.consent ?? "");
    const text = recorded ? t(`recorded.${recorded}`) : told;
    setText(element, text);
    show(element, text !== "");
    element.dataset["recorded"] = recorded ?? "";
  }

  return { element, update };
}
