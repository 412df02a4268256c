/** What a press of the button means, by how long it lasts. No pin and no timer: levels and times in, wishes out. */

export type Wish = "portal" | "reset";

/** Long enough that nobody does it by accident. */
const PORTAL_MS = 3_000;
/** Everything is lost then: much longer than the other press. */
const RESET_MS = 10_000;
/** Contacts bounce for some milliseconds: a level that stands for so long counts. */
export const SETTLE_MS = 40;

export class Press {
  private isDown: boolean | undefined;
  /** When the level changed last. */
  private sinceMs = 0;
  private isSettled = false;
  /** Where the press began. */
  private downMs: number | undefined;
  /** False until the button was seen let go: a pin that is stuck from the boot on, or after a reset, means nothing. */
  private isArmed = false;

  /** Nothing can follow before the level changes: no more samples are needed until then. */
  get isResting(): boolean {
    return this.isSettled && this.downMs === undefined;
  }

  /** To be called with each change of the level and, until `isResting`, every few ten milliseconds. */
  sample(isDown: boolean, nowMs: number): Wish | undefined {
    if (isDown !== this.isDown) {
      this.isDown = isDown;
      this.sinceMs = nowMs;
      this.isSettled = false;
    } else if (nowMs - this.sinceMs >= SETTLE_MS) this.isSettled = true;
    if (!this.isSettled) return undefined;
    return isDown ? this.held(nowMs) : this.released();
  }

  private held(nowMs: number): Wish | undefined {
    if (!this.isArmed) return undefined;
    this.downMs ??= this.sinceMs;
    if (nowMs - this.downMs < RESET_MS) return undefined;
    this.downMs = undefined;
    this.isArmed = false;
    return "reset";
  }

  /** Also of a press that nobody had the time to watch: what was not seen to last for a reset is none. */
  private released(): Wish | undefined {
    const heldMs = this.sinceMs - (this.downMs ?? this.sinceMs);
    this.downMs = undefined;
    this.isArmed = true;
    return heldMs >= PORTAL_MS ? "portal" : undefined;
  }
}
