/** What a reload in mid-call must not forget: a muted microphone stays muted. */

export interface KeptCall {
  id: string;
  muted: boolean;
  cameraOff: boolean;
}

const KEY = "parley.call";

export function keptCall(id: string): KeptCall {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as KeptCall | null;
    if (kept?.id === id) return kept;
  } catch {
    // Whatever stands there was not written by this page.
  }
  return { id, muted: false, cameraOff: false };
}

export function keepCall(call: KeptCall): void {
  sessionStorage.setItem(KEY, JSON.stringify(call));
}
