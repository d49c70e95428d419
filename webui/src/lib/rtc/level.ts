/** How loud a microphone is, for a meter that shows that one is heard. */

/** Speech lies between these; dBFS of the loudest moment in a tenth of a second. */
const QUIET_DB = -55;
const LOUD_DB = -8;

/** From samples in -1…1 to 0 (quiet) … 1 (loud), even to the ear. */
export function levelOf(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  const db = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, (db - QUIET_DB) / (LOUD_DB - QUIET_DB)));
}

export class Level {
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private readonly samples: Float32Array<ArrayBuffer>;
  private readonly clone: MediaStreamTrack;

  /** Listens to a copy of `track`, so that muting the call does not hide that one is speaking. */
  constructor(track: MediaStreamTrack) {
    this.analyser.fftSize = 2048;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.clone = track.clone();
    this.context.createMediaStreamSource(new MediaStream([this.clone])).connect(this.analyser);
  }

  /** 0 to 1. A context that waits for a gesture is woken here; until then it reads 0. */
  read(): number {
    if (this.context.state === "suspended") void this.context.resume();
    this.analyser.getFloatTimeDomainData(this.samples);
    return levelOf(this.samples);
  }

  close(): void {
    this.clone.stop();
    void this.context.close();
  }
}
