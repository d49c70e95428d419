/** Formats times for people, in the reader's own zone. All instants are RFC 3339 strings or milliseconds. */

export type Instant = string | number;

const DAY = 86_400_000;

/** Returns a duration in seconds as `m:ss`, or `h:mm:ss` from one hour on. Negative durations count as none. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** Returns a duration in seconds in words, such as `2 min 5 sec`, for use inside a sentence. */
export function durationInWords(seconds: number, locale: string): string {
  const whole = Math.max(0, Math.round(seconds));
  const units = [
    [Math.floor(whole / 3600), "hour"],
    [Math.floor(whole / 60) % 60, "minute"],
    [whole % 60, "second"],
  ] as const;
  const shown = units.filter(([amount]) => amount > 0).slice(0, 2);
  return (shown.length > 0 ? shown : ([[0, "second"]] as const))
    .map(([amount, unit]) =>
      new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(amount),
    )
    .join(" ");
}

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** Returns a number of bytes in the largest unit that it fills, such as `1.4 GB`. */
export function size(bytes: number, locale: string): string {
  const step = bytes < 1000 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(bytes) / 3));
  const options = { style: "unit", unit: SIZES[step], unitDisplay: step === 0 ? "long" : "short" } as const;
  return new Intl.NumberFormat(locale, { ...options, maximumFractionDigits: 1 }).format(bytes / 1000 ** step);
}

/** Returns the short form of an instant for lists: the time today, the weekday within six days, else the date. */
export function shortTime(at: Instant, now: number, locale: string): string {
  const date = new Date(at);
  const age = startOfDay(now) - startOfDay(date.getTime());
  if (age <= 0) return date.toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit" });
  if (age < 6.5 * DAY) return date.toLocaleDateString(locale, { weekday: "short" });
  return date.toLocaleDateString(locale, { day: "numeric", month: "short" });
}

/** Returns the time of day, such as `14:05`. */
export function timeOfDay(at: Instant, locale: string): string {
  return new Date(at).toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit" });
}

/** Returns date and time with the zone, for the text shown on hover. */
export function fullTime(at: Instant, locale: string): string {
  return new Date(at).toLocaleString(locale, { dateStyle: "full", timeStyle: "long" });
}

/** Returns date and time in one short line, such as `22 Nov 2026, 14:05`. */
export function dateTime(at: Instant, locale: string): string {
  return new Date(at).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}

/** Returns the date alone, such as `22 Nov 2026`. */
export function date(at: Instant, locale: string): string {
  return new Date(at).toLocaleDateString(locale, { dateStyle: "medium" });
}

/** Returns a key that is the same for two instants of one local day. */
export function dayOf(at: Instant): string {
  return new Date(startOfDay(new Date(at).getTime())).toISOString();
}

/** Returns the local day in words: the given words for today and yesterday, else the date. */
export function dayInWords(at: Instant, now: number, locale: string, today: string, yesterday: string): string {
  const days = Math.round((startOfDay(now) - startOfDay(new Date(at).getTime())) / DAY);
  if (days === 0) return today;
  if (days === 1) return yesterday;
  return new Date(at).toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
