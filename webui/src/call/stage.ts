/** The picture: oneself before the call and while waiting, the agent while talking. */

import camera from "~icons/lucide/video?raw";
import pause from "~icons/lucide/pause?raw";
import incoming from "~icons/lucide/phone-incoming?raw";
import microphone from "~icons/lucide/mic?raw";
import person from "~icons/lucide/user-round?raw";
import { button, h, icon, setAttribute, setStream, setText, show } from "./dom";
import type { Session } from "./session";
import { t } from "./words";

export function makeStage(session: Session) {
  const self = h("video", { class: "self", autoplay: true, playsinline: true, "aria-label": t("picture.self") });
  self.muted = true; // as a property: the attribute would only be a default
  const remote = h("video", { class: "remote", autoplay: true, playsinline: true });
  remote.muted = true; // the voice has an element of its own
  const voice = h("audio", { autoplay: true });

  const signs = { agent: person, hold: pause, away: incoming, message: microphone };
  const drawn = Object.entries(signs).map(
    ([what, drawing]) => [what, h("span", { class: "sign" }, icon(drawing))] as const,
  );
  const face = h("div", { class: "face" }, ...drawn.map(([, sign]) => sign));
  const caption = h("p", { class: "caption" });
  const check = button("secondary", camera, "", () => void session.check());
  const hint = h("p", { class: "hint" });
  const invitation = h("div", { class: "invitation" }, check.element, hint);
  const sound = button("primary", null, t("control.sound"), () => void play());
  const soundAsked = h("div", { class: "sound" }, h("p", {}, t("notice.sound")), sound.element);
  const element = h("div", { class: "stage" }, face, remote, self, invitation, caption, voice, soundAsked);

  let silenced = false;
  let shownCamera: MediaStreamTrack | null = null;
  let selfStream: MediaStream | null = null;

  async function play(): Promise<void> {
    try {
      await voice.play();
      silenced = false;
    } catch (error) {
      // A stream that is replaced in this instant also ends `play`; only this name means that a press is needed.
      silenced = error instanceof DOMException && error.name === "NotAllowedError";
    }
    update();
  }

  function update(): void {
    const { screen, own, link } = session;
    const live = screen.kind === "live" ? screen.live : null;
    const before = screen.kind === "before";
    const held = live !== null && live.call.held_at !== null;
    const talking = live?.call.phase === "talking" && !held;
    const video = live ? live.call.media === "video" : link?.audio_only === false;
    show(element, before || live !== null);
    setAttribute(element, "data-kind", video ? "video" : "audio");

    if (own.camera.track !== shownCamera) {
      shownCamera = own.camera.track;
      selfStream = shownCamera && new MediaStream([shownCamera]);
    }
    setStream(self, selfStream);
    show(self, selfStream !== null);
    self.classList.toggle("small", talking);

    const leg = live?.leg;
    // Without a connection the element would turn black.
    const seesAgent = talking && video && leg?.state === "up" && leg.seesCamera === true;
    setStream(remote, (talking && leg?.remoteCamera) || null);
    show(remote, seesAgent);
    setAttribute(remote, "aria-label", t("picture.agent", { agent: live?.call.agent?.name ?? t("chat.agent") }));
    const heard = leg?.remoteVoice ?? null;
    if (voice.srcObject !== heard) {
      setStream(voice, heard);
      if (heard) void play();
    }
    show(soundAsked, silenced && live !== null);

    const opened = own.microphone.track !== null || own.camera.track !== null;
    show(invitation, before && !opened);
    check.set(t(video ? "check.camera" : "check.microphone"), video ? camera : microphone);
    check.element.disabled = session.checking;
    setText(hint, session.checking ? t("start.opening") : t(video ? "check.hint.camera" : "check.hint.microphone"));

    const sign = signOf();
    for (const [what, element] of drawn) show(element, what === sign);
    face.classList.toggle("held", held);
    show(face, !seesAgent && (talking || selfStream === null) && !(before && !opened));
    const agent = live?.call.agent?.name;
    setText(caption, caption_());
    show(caption, caption.textContent !== "");

    function signOf(): keyof typeof signs {
      if (held) return "hold";
      if (live !== null && live.leg === null) return "away";
      return live?.call.voice_message ? "message" : "agent";
    }

    function caption_(): string {
      if (before && selfStream) return t("check.preview");
      if (talking && video && agent && leg?.state === "up" && leg.seesCamera === false)
        return t("talking.no-picture", { agent });
      return "";
    }
  }

  return { element, update };
}
