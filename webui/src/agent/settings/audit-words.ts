/** What the audit log says in words: of kinds of things, their fields and values, also of ones made later. */

import type { AuditEntry } from "../../lib/api/types";
import { dateTime } from "../../lib/i18n/format";
import { locale, t, textFor } from "../text";
import { voiceName } from "./waiting/voices";

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

export const subjectText = (subject: string): string => textFor(`audit.subject.${subject}`) ?? inWords(subject);
export const fieldText = (field: string): string => textFor(`audit.field.${field}`) ?? inWords(field);

/** Says how a thing was used, such as that somebody listened to it; null where it was changed. */
export function usedText({ fields }: Pick<AuditEntry, "fields">): string | null {
  const [field] = fields;
  return field?.name === "used" ? textFor(`audit.used.${String(field.new)}`) : null;
}

/** Says a value in words: no `true`, no `null`, seconds with their unit, and what a field's own values mean. */
export function valueText(field: string, value: unknown): string {
  const own = typeof value === "object" && value !== null ? null : textFor(`audit.word.${field}.${String(value)}`);
  if (own !== null) return own;
  if (value === null || value === undefined || value === "") return t("audit.none");
  if (typeof value === "boolean") return t(value ? "audit.yes" : "audit.no");
  if (typeof value === "number") return numberText(field, value);
  if (typeof value === "string") return ISO_TIME.test(value) ? dateTime(value, locale) : value;
  if (Array.isArray(value)) {
    if (field === "voice") return voiceText(value);
    return value.length === 0 ? t("audit.none") : value.map((item) => valueText(field, item)).join(", ");
  }
  const { on, ...parts } = value as Record<string, unknown>;
  if (typeof on === "boolean") return switchText(on, parts);
  if (typeof parts.sound === "string") return t("audit.sound", { name: parts.sound });
  if (typeof parts.text === "string")
    return t("audit.spoken", { text: parts.text, voice: valueText("voice", parts.voice) });
  const said = Object.entries(parts).map(([name, part]) => `${fieldText(name)}: ${valueText(name, part)}`);
  return said.length === 0 ? t("audit.none") : said.join("; ");
}

/** What can be switched off keeps what it would say: "On: “Welcome” (…)". */
function switchText(on: boolean, parts: Record<string, unknown>): string {
  const said = Object.entries(parts)
    .filter(([, part]) => part !== null && !(Array.isArray(part) && part.length === 0))
    .map(([name, part]) => valueText(name, part));
  return [t(on ? "waiting.on" : "waiting.off"), ...said].join(": ");
}

/** "American English, Woman 3, 150 words a minute". */
function voiceText([language, voice, rate]: readonly unknown[]): string {
  return [
    languageText(String(language)),
    voiceName(String(voice)),
    t("waiting.words_a_minute", { rate: Number(rate) }),
  ].join(", ");
}

/** The speech synthesis has languages of its own, which the browser cannot name. */
function languageText(code: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

function numberText(field: string, value: number): string {
  // People count places from one.
  if (field === "place") return String(value + 1);
  return field.endsWith("_seconds") ? t("seconds", { count: value }) : String(value);
}

/** Makes words of a program's name: `ring_seconds` becomes "Ring seconds". */
function inWords(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}
