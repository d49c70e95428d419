/** How a picture keeps in step with the sound: the sound is what the ear follows, so it is never touched. Pure. */

/** What a picture is to do: jump to a moment, or run at another speed for a while. */
export interface Correction {
  jump: number | null;
  speed: number;
}

/** So far apart that catching up would take too long: it jumps. */
const JUMP_S = 0.3;
/** So close that nobody sees it. */
const CLOSE_S = 0.03;
/** A picture that stands still is put exactly, to half a frame. */
const STANDING_S = 0.02;
/** The most by which the speed differs while it catches up. */
const MOST = 0.35;
const EAGERNESS = 3;

/** Says what a picture that is at `picture` seconds does while the sound is at `sound`. */
export function correctionFor(sound: number, picture: number, speed: number, playing: boolean): Correction {
  const ahead = picture - sound;
  const apart = Math.abs(ahead);
  if (!playing) return { jump: apart > STANDING_S ? sound : null, speed };
  if (apart > JUMP_S) return { jump: sound, speed };
  if (apart <= CLOSE_S) return { jump: null, speed };
  return { jump: null, speed: speed * (1 - Math.max(-MOST, Math.min(MOST, ahead * EAGERNESS))) };
}
