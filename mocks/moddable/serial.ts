/** What comes in on the board's cable, and the requests in it, as modules/console/native/improv_frames.c finds them. */

/** IMPROV, version 1, a remote procedure call. */
const BEGIN = [...Buffer.from("IMPROV"), 1, 3];
const HEAD_BYTES = 9;
const DAMAGED = -1;
/** A command and the length of what it is given. */
const LEAST_DATA_BYTES = 2;
/** Of the driver's buffer: what finds no room is lost. */
const BUFFER_BYTES = 512;

export class SerialPort {
  /** Of the request that was found last. */
  data: Uint8Array = new Uint8Array();
  #unread: number[] = [];
  #begun: number[] = [];

  receive(bytes: Uint8Array): void {
    this.#unread.push(...bytes.subarray(0, BUFFER_BYTES - this.#unread.length));
  }

  /** @returns how long the data of the next request is; 0 where there is none; below 0 where it was damaged */
  request(): number {
    // What did not go on since the last look has no end.
    if (this.#unread.length === 0) this.#begun = [];
    for (let byte = this.#unread.shift(); byte !== undefined; byte = this.#unread.shift()) {
      const found = this.#take(byte);
      if (found) return found;
    }
    return 0;
  }

  #take(byte: number): number {
    const begun = this.#begun;
    const at = begun.length;
    if (at < BEGIN.length && byte !== BEGIN[at]) {
      this.#begun = byte === BEGIN[0] ? [byte] : [];
      return 0;
    }
    if (at < HEAD_BYTES || at < HEAD_BYTES + begun[HEAD_BYTES - 1]!) {
      begun.push(byte);
      return 0;
    }
    this.#begun = [];
    const sum = begun.reduce((total, one) => total + one, 0) & 255;
    this.data = Uint8Array.from(begun.slice(HEAD_BYTES));
    return sum === byte && this.data.length >= LEAST_DATA_BYTES ? this.data.length : DAMAGED;
  }
}
