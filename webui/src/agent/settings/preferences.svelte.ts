const KEY = "parley.preferences";

interface Kept {
  singleKeys: boolean;
  microphone: string | null;
  camera: string | null;
  speaker: string | null;
  ringDevice: string | null;
  ringVolume: number;
  callVolume: number;
}

const DEFAULTS: Kept = {
  singleKeys: true,
  microphone: null,
  camera: null,
  speaker: null,
  ringDevice: null,
  ringVolume: 0.8,
  callVolume: 1,
};

/** What a person chose for this browser. Made while a component starts, and ends with it. Kept in local storage; other tabs follow at once. A null device is the default one. */
export class Preferences {
  private kept = $state.raw<Kept>(read());

  constructor() {
    $effect(() => {
      const follow = (event: StorageEvent): void => {
        if (event.key === KEY) this.kept = read();
      };
      addEventListener("storage", follow);
      return () => removeEventListener("storage", follow);
    });
  }

  get all(): Readonly<Kept> {
    return this.kept;
  }

  set(change: Partial<Kept>): void {
    this.kept = { ...this.kept, ...change };
    try {
      localStorage.setItem(KEY, JSON.stringify(this.kept));
    } catch {
      // A browser without storage forgets the choice at the next visit; the call goes on.
    }
  }
}

function read(): Kept {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Kept>) };
  } catch {
    return DEFAULTS;
  }
}
