import { correctionFor } from "./in-step";
import { Voices, type Channel } from "./voices";

export const SPEEDS = [0.75, 1, 1.25, 1.5, 2] as const;

/** A recording as it is played: one sound with both voices, and pictures that keep in step with it. */
export class Playback {
  time = $state(0);
  playing = $state(false);
  /** It has been played: until then nothing of it was fetched, and nobody has listened. */
  begun = $state(false);
  /** It is to play, and waits for what comes from the server. */
  loading = $state(false);
  failed = $state(false);
  speed = $state(1);
  channel = $state<Channel>("both");
  private sound: HTMLAudioElement | null = null;
  private voices: Voices | null = null;
  private readonly pictures = new Set<HTMLVideoElement>();

  constructor(readonly seconds: number) {}

  /** Takes the element that the sound comes from; an attachment. */
  readonly takeSound = (sound: HTMLAudioElement): (() => void) => {
    this.sound = sound;
    const on: Record<string, () => void> = {
      timeupdate: this.follow,
      seeked: this.follow,
      play: () => this.begin(),
      pause: () => this.rest(),
      ended: () => this.rest(),
      waiting: () => (this.loading = true),
      playing: () => (this.loading = false),
      error: () => this.fail(),
    };
    for (const [name, listener] of Object.entries(on)) sound.addEventListener(name, listener);
    return () => {
      this.sound = null;
      sound.pause();
      this.voices?.close();
      for (const [name, listener] of Object.entries(on)) sound.removeEventListener(name, listener);
    };
  };

  /** Takes the element of a picture; an attachment. */
  readonly takePicture = (picture: HTMLVideoElement): (() => void) => {
    this.pictures.add(picture);
    // Where to go may have changed while it went there.
    const on = ["loadedmetadata", "seeked"];
    for (const name of on) picture.addEventListener(name, this.follow);
    return () => {
      this.pictures.delete(picture);
      for (const name of on) picture.removeEventListener(name, this.follow);
    };
  };

  toggle(): void {
    if (this.playing) this.sound?.pause();
    else void this.play();
  }

  async play(): Promise<void> {
    if (this.sound === null) return;
    this.failed = false;
    this.voices ??= new Voices(this.sound);
    this.voices.choose(this.channel);
    void this.voices.resume();
    if (this.sound.error !== null) this.sound.load();
    if (this.time >= this.seconds) this.seek(0);
    try {
      await this.sound.play();
    } catch (error) {
      // A pause that comes before it has begun is no trouble.
      if (!(error instanceof DOMException && error.name === "AbortError")) this.fail();
    }
  }

  /** Goes to a moment; before anything was fetched it is where playing begins. */
  seek(to: number): void {
    this.time = Math.max(0, Math.min(this.seconds, to));
    if (this.sound !== null) this.sound.currentTime = this.time;
    this.pictures.forEach((picture) => this.keep(picture));
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    if (this.sound !== null) this.sound.playbackRate = speed;
    this.follow();
  }

  choose(channel: Channel): void {
    this.channel = channel;
    this.voices?.choose(channel);
  }

  private begin(): void {
    this.playing = this.begun = true;
    if (this.sound !== null) this.sound.playbackRate = this.speed;
    const frame = (): void => {
      if (!this.playing || this.sound === null) return;
      this.follow();
      requestAnimationFrame(frame);
    };
    frame();
  }

  private rest(): void {
    this.playing = this.loading = false;
    this.follow();
  }

  private fail(): void {
    this.failed = true;
    this.playing = this.loading = false;
  }

  private readonly follow = (): void => {
    const { sound } = this;
    if (sound === null || sound.readyState === HTMLMediaElement.HAVE_NOTHING) return;
    this.time = sound.ended ? this.seconds : sound.currentTime;
    this.pictures.forEach((picture) => this.keep(picture));
  };

  private keep(picture: HTMLVideoElement): void {
    const runs = this.playing && !this.loading;
    if (runs && picture.paused && !picture.ended) void picture.play().catch(() => undefined);
    if (!runs && !picture.paused) picture.pause();
    if (picture.readyState === HTMLMediaElement.HAVE_NOTHING || picture.seeking) return;
    // It may be shorter than the sound by a frame: then its last one stays.
    const moment = Math.min(this.time, picture.duration);
    const { jump, speed } = correctionFor(moment, picture.currentTime, this.speed, runs);
    if (jump !== null) picture.currentTime = jump;
    if (Math.abs(picture.playbackRate - speed) > 0.01) picture.playbackRate = speed;
  }
}
