/** The customer's page, `/c/{token}`. */

import "../../styles/tokens.css";
import "../../styles/base.css";
import "./page.css";
import "./messages.css";
import "./controls.css";
import "./callback.css";
import "./consent.css";
import { makeFrame } from "./frame";
import { Session } from "./session";

const token = location.pathname.split("/").filter(Boolean).at(-1) ?? "";
const session = new Session(token, () => frame.update());
const frame = makeFrame(session);

document.getElementById("app")?.replaceWith(frame.element);
setInterval(() => frame.update(), 1000);
setInterval(() => frame.measure(), 80);
// A page that the browser kept while we were elsewhere has dead connections.
addEventListener("pageshow", (event) => event.persisted && location.reload());
void session.load();
frame.update();
