/** Where something that floats goes, beside what opened it. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const GAP = 6;
const EDGE = 8;

/**
 * Returns left and top for something of `size` beside `anchor`: below it if there is room, else above; its left edges
 * meet, or its right ones where it would leave the window, which is `room` wide and high. In CSS pixels.
 */
export function placeBeside(
  anchor: Box,
  size: { width: number; height: number },
  room: { width: number; height: number },
): { left: number; top: number } {
  const below = anchor.top + anchor.height + GAP;
  const above = anchor.top - GAP - size.height;
  const top = below + size.height + EDGE <= room.height ? below : Math.max(EDGE, above);
  const left = anchor.left + size.width + EDGE <= room.width ? anchor.left : anchor.left + anchor.width - size.width;
  return { left: Math.max(EDGE, Math.min(left, room.width - size.width - EDGE)), top };
}
