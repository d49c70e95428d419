import { t } from "../../text";

/** Names a voice of the speech synthesis: "f3" is "Woman 3", and none is the language's own. */
export function voiceName(voice: string): string {
  if (voice === "") return t("waiting.voice_own");
  return t(voice.startsWith("f") ? "waiting.voice_woman" : "waiting.voice_man", { number: voice.slice(1) });
}
