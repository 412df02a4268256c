/** What is connected to the chip's pins: nothing, which a pull-up makes high, or a button to ground, whose contacts bounce. */

export type Level = 0 | 1;
type Watcher = (level: Level) => void;

/** After a press and after a release, in milliseconds from it. */
const bouncesMs = [1, 2, 4, 7];

export class Pins {
  #after: (delayMs: number, callback: () => void) => void;
  #low = new Set<number>();
  #watchers = new Map<number, Watcher>();

  /** @param after by whose time buttons are pressed */
  constructor(
    after: (delayMs: number, callback: () => void) => void = (delayMs, callback) => setTimeout(callback, delayMs),
  ) {
    this.#after = after;
  }

  read(pin: number): Level {
    return this.#low.has(pin) ? 0 : 1;
  }

  set(pin: number, level: Level): void {
    if (level === this.read(pin)) return;
    if (level === 0) this.#low.add(pin);
    else this.#low.delete(pin);
    this.#watchers.get(pin)?.(level);
  }

  /** A button on this pin is held for so long. */
  press(pin: number, pressMs: number): void {
    this.#swing(pin, 0);
    this.#after(pressMs, () => this.#swing(pin, 1));
  }

  /** Each pin has one that is told its edges. @throws "in use" */
  watch(pin: number, watcher: Watcher): () => void {
    if (this.#watchers.has(pin)) throw new Error("in use");
    this.#watchers.set(pin, watcher);
    return () => this.#watchers.delete(pin);
  }

  /** Ends at the level. */
  #swing(pin: number, level: Level): void {
    const other = level === 0 ? 1 : 0;
    this.set(pin, level);
    bouncesMs.forEach((delayMs, index) => {
      this.#after(delayMs, () => this.set(pin, index % 2 ? level : other));
    });
  }
}
