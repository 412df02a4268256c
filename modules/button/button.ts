/** The one button that every board has. */
import type { Wish } from "./press.js";

export interface Button {
  /** `portal` when a long press ends, `reset` while a longer one still lasts, so that a person sees it happen. */
  onWish: ((wish: Wish) => void) | undefined;
}
