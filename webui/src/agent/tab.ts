const KEY = "parley.tab";
const LOCK_WAIT_MS = 400;

/**
 * Returns this tab's own name. A reload keeps it, so that the tab returns to its call; a duplicated tab, which is born
 * with a copy, gets another: the name is held by a lock for as long as the tab lives.
 */
export async function nameThisTab(): Promise<string> {
  const kept = sessionStorage.getItem(KEY);
  const name = kept !== null && (await holds(kept)) ? kept : crypto.randomUUID();
  if (name !== kept) await holds(name);
  sessionStorage.setItem(KEY, name);
  return name;
}

/** Tries to hold the name. The page that is being reloaded may take a moment to let go of it. */
function holds(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.locks
      .request(`${KEY}.${name}`, { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, () => {
        resolve(true);
        return new Promise<never>(() => undefined);
      })
      .catch(() => resolve(false));
  });
}
