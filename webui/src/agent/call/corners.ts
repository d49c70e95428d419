/** The four places where the video window rests. */

export const CORNERS = ["top right", "bottom right", "bottom left", "top left"] as const;
export type Corner = (typeof CORNERS)[number];

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Returns the corner of `stage` that the middle of `box` is nearest to. */
export function cornerNear(box: Box, stage: Box): Corner {
  const down = box.top + box.height / 2 > stage.top + stage.height / 2;
  const right = box.left + box.width / 2 > stage.left + stage.width / 2;
  return `${down ? "bottom" : "top"} ${right ? "right" : "left"}`;
}
