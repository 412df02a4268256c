import type { Cable } from "../../modules/console/console.js";
import { readFrame, requestOf, type Told } from "../improv/frames.js";

/** A client of Improv at the board's cable: what it asks, and what it is told. */
export class ScriptedCable implements Cable {
  readonly told: Told[] = [];
  readonly #asked: Uint8Array[] = [];

  request(): Uint8Array | undefined {
    return this.#asked.shift();
  }

  send(bytes: Uint8Array): void {
    this.told.push(readFrame(bytes));
  }

  ask(command: number, data?: Uint8Array): void {
    this.askWith(requestOf(command, data).slice(9, -2));
  }

  /** @param data of a frame, as it is; empty: it was damaged */
  askWith(data: Uint8Array): void {
    this.#asked.push(data);
  }

  /** What it is told behind its request is what is taken. */
  take(): Told[] {
    return this.told.splice(0);
  }
}
