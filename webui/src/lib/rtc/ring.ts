/**
 * The ring. Its sound is computed here and played by an audio element, since an element can be sent to a speaker of
 * its own in every browser that can do so at all, and says at once when the browser blocks sound.
 */

import { playOn } from "./devices";

const RATE = 22_050;
/** Two soft chords of two notes, then silence: seconds from the start, and the notes' frequencies in hertz. */
const CHORDS = [
  { at: 0, notes: [523.25, 659.26] },
  { at: 0.36, notes: [659.26, 783.99] },
] as const;
const CHORD_SECONDS = 0.9;
const ROUND_SECONDS = 2.6;

/** One round of the ring, samples in -1…1 at 22,050 Hz. */
export function ringSamples(): Float32Array {
  const samples = new Float32Array(Math.round(ROUND_SECONDS * RATE));
  for (const { at, notes } of CHORDS) {
    const first = Math.round(at * RATE);
    for (let i = 0; i < CHORD_SECONDS * RATE; i++) {
      const t = i / RATE;
      // A struck bar: 8 ms to full height against the click, then it dies away.
      const shape = Math.min(1, t / 0.008) * Math.exp(-5 * t) * (1 - t / CHORD_SECONDS);
      for (const note of notes) {
        const tone = Math.sin(2 * Math.PI * note * t) + 0.25 * Math.sin(4 * Math.PI * note * t);
        samples[first + i] = (samples[first + i] ?? 0) + 0.22 * shape * tone;
      }
    }
  }
  return samples;
}

/** A mono 16-bit WAV file of these samples. */
export function wav(samples: Float32Array, rate: number): ArrayBuffer {
  const file = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at: number, word: string) => [...word].forEach((c, i) => file.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  file.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, rate, true);
  file.setUint32(28, 2 * rate, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  text(36, "data");
  file.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => file.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, value)) * 32767), true));
  return file.buffer;
}

export class Ring {
  private readonly element = new Audio();
  private readonly url: string;
  private ringing = false;

  constructor() {
    this.url = URL.createObjectURL(new Blob([wav(ringSamples(), RATE)], { type: "audio/wav" }));
    this.element.src = this.url;
    this.element.preload = "auto";
  }

  /** Rings until `stop`. False when the browser blocks sound: say so, and call `test` from a click. */
  start(): Promise<boolean> {
    this.ringing = true;
    return this.play(true);
  }

  stop(): void {
    this.ringing = false;
    this.element.pause();
  }

  /** Rings one round, from a click: this also unlocks sound for later rings. False when sound stays blocked. */
  test(): Promise<boolean> {
    return this.ringing ? Promise.resolve(true) : this.play(false);
  }

  /** Rings on this speaker, null for the default one; false when that is not possible. */
  setDevice(speakerId: string | null): Promise<boolean> {
    return playOn(this.element, speakerId);
  }

  setVolume(volume: number): void {
    this.element.volume = Math.min(1, Math.max(0, volume));
  }

  dispose(): void {
    this.stop();
    URL.revokeObjectURL(this.url);
  }

  private async play(loop: boolean): Promise<boolean> {
    this.element.loop = loop;
    this.element.currentTime = 0;
    try {
      await this.element.play();
      return true;
    } catch (error) {
      // A `stop` in the same instant also ends `play`, with AbortError: that is not a block.
      return error instanceof DOMException && error.name === "AbortError";
    }
  }
}
