import { ApiError } from "../../../lib/api/problem";
import { speech } from "../../../lib/api/speech";
import { wav } from "../../../lib/rtc/ring";
import { playable, type Heard, type Step } from "./draft";

/** In a preview of everything music is cut to this; a caller hears it until the next announcement. */
const MUSIC_MS = 5_000;
const RATE = 16_000;

/** Plays parts of a strategy as they are in the editor now, one at a time, by the audio element of the page. */
export class Preview {
  /** The key of the part that is heard. */
  playing = $state<string | null>(null);
  /** Which step of the whole strategy is heard, null while the whole is not played. */
  at = $state<number | null>(null);
  element: HTMLAudioElement | null = null;
  /** Rises with each wish to play or stop; what began under an older one gives up. */
  private turn = 0;

  /** `failed` is told why something could not be played. */
  constructor(private readonly failed: (error: unknown) => void) {}

  stop(): void {
    this.turn += 1;
    this.element?.pause();
    this.playing = null;
    this.at = null;
  }

  /** Plays one part to its end, or stops it when it is what plays. */
  async part(key: string, source: Heard): Promise<void> {
    const again = this.playing === key;
    this.stop();
    if (again) return;
    this.playing = key;
    await this.guarded(this.turn, () => this.hear({ key, kind: "announcement", source }, this.turn));
  }

  /** Plays everything that a caller hears, with the music cut short. */
  async all(steps: readonly Step[]): Promise<void> {
    this.stop();
    const turn = this.turn;
    await this.guarded(turn, async () => {
      for (const [index, step] of steps.entries()) {
        if (!playable(step)) continue;
        this.playing = step.key;
        this.at = index;
        await this.hear(step, turn);
        if (turn !== this.turn) return;
      }
    });
  }

  private async guarded(turn: number, play: () => Promise<void>): Promise<void> {
    try {
      await play();
    } catch (error) {
      if (turn === this.turn) this.failed(error instanceof ApiError ? error : new ApiError(0, "cannot_play", ""));
    }
    if (turn === this.turn) this.stop();
  }

  private async hear({ kind, source }: Step, turn: number): Promise<void> {
    const made = source?.kind === "speech" ? await speech(source) : kind === "ringback" ? ringback() : null;
    const element = this.element;
    if (turn !== this.turn || element === null) return;
    const url = made !== null ? URL.createObjectURL(made) : addressOf(source);
    try {
      element.src = url;
      await element.play();
      await ended(element, kind === "music" || kind === "ringback" ? MUSIC_MS : null);
    } finally {
      if (made !== null) URL.revokeObjectURL(url);
    }
  }
}

/** Waits until an element ends or is paused; it is paused after `limitMs`. */
async function ended(element: HTMLAudioElement, limitMs: number | null): Promise<void> {
  const over = new AbortController();
  const timer = limitMs === null ? undefined : setTimeout(() => element.pause(), limitMs);
  await new Promise<void>((resolve) => {
    for (const end of ["ended", "pause", "error"]) element.addEventListener(end, () => resolve(), over);
  });
  over.abort();
  clearTimeout(timer);
}

function addressOf(source: Heard): string {
  return source?.kind === "sound"
    ? `/api/v1/sounds/${encodeURIComponent(source.sound_id)}/audio`
    : "/api/v1/hold-music/audio";
}

/** The tone that callers hear instead of music, as the server makes it: two seconds, with soft edges. */
function ringback(): Blob {
  const samples = new Float32Array(5 * RATE);
  for (let i = 0; i < 2 * RATE; i++) {
    const time = i / RATE;
    const edges = Math.min(1, time / 0.04, (2 - time) / 0.04);
    samples[i] = 0.063 * edges * (Math.sin(2 * Math.PI * 440 * time) + Math.sin(2 * Math.PI * 480 * time));
  }
  return new Blob([wav(samples, RATE)], { type: "audio/wav" });
}
