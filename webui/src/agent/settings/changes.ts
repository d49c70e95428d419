/** Returns the fields of a draft that differ from what was there before. */
export function changesOf<T extends object>(before: T, draft: T): Partial<T> {
  const fields = Object.entries(draft) as [keyof T, T[keyof T]][];
  return Object.fromEntries(fields.filter(([name, value]) => value !== before[name])) as Partial<T>;
}
