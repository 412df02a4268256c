/** Packet ids of what is on its way to the broker: 1 to 65,535, each once (MQTT 3.1.1 §2.3.1). */

const MAX_PACKET_ID = 0xffff;

export class PacketIds {
  #last: number;
  #inFlight = new Set<number>();

  /** @param last the next one is the one after this */
  constructor(last = 0) {
    this.#last = last;
  }

  get last(): number {
    return this.#last;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** One that is not in flight; at most some dozens are. */
  next(): number {
    do this.#last = (this.#last % MAX_PACKET_ID) + 1;
    while (this.#inFlight.has(this.#last));
    return this.#last;
  }

  take(id: number): void {
    this.#inFlight.add(id);
  }

  /** @returns whether it was in flight */
  free(id: number): boolean {
    return this.#inFlight.delete(id);
  }
}
