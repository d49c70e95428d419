/** The page's words and how it writes times. */

import catalogue from "../../messages/call.en.json";
import { dateTime, durationInWords, timeOfDay } from "../lib/i18n/format";
import { translator, type Text } from "../lib/i18n/translate";

const LOCALE = "en";

export type Key = keyof typeof catalogue;

export const t = translator(catalogue satisfies Record<string, Text>, LOCALE);

export const inWords = (seconds: number) => durationInWords(seconds, LOCALE);
export const clock = (at: string) => timeOfDay(at, navigator.language);
export const moment = (at: string) => dateTime(at, navigator.language);
