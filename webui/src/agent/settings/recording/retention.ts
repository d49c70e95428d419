/** For how long recordings are kept, in words and as a row's fields write it. */

import { t } from "../../text";

/** Of a queue: so many days, null for ever, undefined as usual. */
export type Kept = number | null | undefined;

export interface Fields {
  /** Null while the field is empty. */
  days: number | null;
  forever: boolean;
}

/** The usual days are an empty field. */
export const fieldsOf = (kept: Kept, usual: number): Fields => ({
  days: kept === null || kept === usual ? null : (kept ?? null),
  forever: kept === null,
});

/** What is sent of them: an empty field is the usual days. */
export const daysOf = ({ days, forever }: Fields, usual: number): number | null => (forever ? null : (days ?? usual));

export function keptText(kept: Kept, usual: number): string {
  if (kept === null) return t("retention.forever");
  return kept === undefined || kept === usual
    ? t("retention.kept_default", { days: usual })
    : t("retention.kept_days", { count: kept });
}
