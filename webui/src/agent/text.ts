import { translator } from "../lib/i18n/translate";
import english from "../../messages/en.json";

/** The language of the texts. */
export const language = "en";
/** The language that times and numbers are written in: the reader's own variant of it, such as British English. */
export const locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
document.documentElement.lang = language;

export const t = translator(english, language);
export type TextKey = keyof typeof english;

/** Returns the text of a key that may not be in the catalogue, null when it is not. */
export function textFor(key: string): string | null {
  return key in english ? t(key as TextKey) : null;
}
