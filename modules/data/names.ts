/** Names that nobody knew when the build was made: an application's in its messages, a service's for topics. */
import type { Names } from "./json.js";

/** Each takes a slot and its text of the heap until the restart: 2 % of them in all. */
const MAX_NEW_NAMES = 96;
const MAX_NAME_LENGTH = 48;

/** For the life of the machine. */
export class NameBudget implements Names {
  /** A name was refused that was one too many: messages lack members from now on, and only a restart makes room. */
  isSpent = false;
  onSpent: (() => void) | undefined;
  /** One text: a set would take two more slots for each. */
  private met = "\n";
  private left = MAX_NEW_NAMES;

  /** Counts a new one. */
  has(name: string): boolean {
    if (name.length > MAX_NAME_LENGTH || name.includes("\n")) return false;
    if (this.met.includes(`\n${name}\n`)) return true;
    if (this.left === 0) {
      if (!this.isSpent) this.onSpent?.();
      this.isSpent = true;
      return false;
    }
    this.left--;
    this.met += `${name}\n`;
    return true;
  }
}
