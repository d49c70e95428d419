/** Gives the focus to what has just appeared, if what had it before is gone; a focus that is elsewhere stays there. */
export function focusIfLost(element: HTMLElement): void {
  if (document.activeElement === null || document.activeElement === document.body) {
    element.focus({ preventScroll: true });
  }
}
