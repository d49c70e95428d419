import type { LegQuality } from "../../lib/api/types";
import { t } from "../text";
import { bitRate, least, milliseconds, most, opinion, share } from "./words";

/** One row of the table of figures: its name, and its value for each line, null where nothing was measured. */
export interface Row {
  name: string;
  values: (string | null)[];
}

/** Returns the figures of lines, row by row; rows in which nothing was measured are left out. */
export function rowsOf(lines: readonly (LegQuality | null)[]): Row[] {
  const row = (name: string, value: (line: LegQuality) => string | null): Row => ({
    name,
    values: lines.map((line) => line && value(line)),
  });
  const told = <T>(value: T | null, write: (value: T) => string): string | null =>
    value === null ? null : write(value);
  const rows = [
    row(t("line.figure.mos"), ({ up, down }) => told(least(up.mos, down.mos), opinion)),
    row(t("line.figure.loss_sent"), ({ up }) => told(up.loss, share)),
    row(t("line.figure.loss_received"), ({ down }) => told(down.loss, share)),
    row(t("line.figure.jitter"), ({ up, down }) => told(most(up.jitter_ms, down.jitter_ms), milliseconds)),
    row(t("line.figure.round_trip"), (line) => told(line.round_trip_ms, milliseconds)),
    row(t("line.figure.bits_sent"), ({ up }) => bitRate(up.bits_per_second)),
    row(t("line.figure.bits_received"), ({ down }) => bitRate(down.bits_per_second)),
    row(t("line.figure.picture"), ({ up }) => (up.width > 0 ? `${up.width} × ${up.height}` : null)),
    row(t("line.figure.freezes"), ({ up }) => (up.width > 0 ? String(up.freezes) : null)),
  ];
  return rows.filter(({ values }) => values.some((value) => value !== null));
}
