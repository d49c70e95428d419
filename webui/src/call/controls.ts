/** Mute, camera, hang up: the same row, in the same place, while waiting and talking. */

import cameraOff from "~icons/lucide/video-off?raw";
import cameraOn from "~icons/lucide/video?raw";
import hangUp from "~icons/lucide/phone-off?raw";
import microphone from "~icons/lucide/mic?raw";
import muted from "~icons/lucide/mic-off?raw";
import giveUp from "~icons/lucide/x?raw";
import { button, h, show } from "./dom";
import type { Session } from "./session";
import { t } from "./words";

export function makeControls(session: Session, say: (sentence: string) => void) {
  const mute = button("control", microphone, t("control.mute"), () => {
    session.own.toggleMute();
    say(t(session.own.muted ? "spoken.muted" : "spoken.unmuted"));
  });
  const camera = button("control", cameraOn, t("control.camera-off"), async () => {
    await session.own.toggleCamera();
    say(t(session.own.camera.track ? "spoken.camera-on" : "spoken.camera-off"));
  });
  const end = button("control end", hangUp, t("control.hang-up"), () => session.leave());
  const element = h(
    "div",
    { class: "controls", role: "group", "aria-label": t("control.group") },
    mute.element,
    camera.element,
    end.element,
  );

  function update(): void {
    const { screen, own } = session;
    show(element, screen.kind === "live");
    if (screen.kind !== "live") return;
    const { call, leg } = screen.live;
    show(mute.element, leg !== null);
    mute.set(t(own.muted ? "control.unmute" : "control.mute"), own.muted ? muted : microphone);
    mute.element.disabled = own.microphone.track === null;
    mute.element.classList.toggle("off", own.muted);
    show(camera.element, leg !== null && call.media === "video" && call.voice_message === null);
    const sees = own.camera.track !== null;
    camera.set(t(sees ? "control.camera-off" : "control.camera-on"), sees ? cameraOn : cameraOff);
    camera.element.classList.toggle("off", !sees);
    // Without a line nothing is hung up: what ends is the wait for the call back.
    end.element.classList.toggle("end", leg !== null);
    if (leg === null) end.set(t("control.give-up"), giveUp);
    else end.set(t(call.phase === "waiting" && !call.voice_message ? "control.leave" : "control.hang-up"), hangUp);
  }

  return { element, update };
}
