/** Packet ids of what is on its way to the broker: 1 to 65,535, each once (MQTT 3.1.1 §2.3.1). */

const MAX_PACKET_ID = 0xffff;

export class PacketIds {
  private _last: number;
  private _inFlight = new Set<number>();

  /** @param last the next one is the one after this */
  constructor(last = 0) {
    this._last = last;
  }

  get last(): number {
    return this._last;
  }

  get inFlight(): number {
    return this._inFlight.size;
  }

  /** One that is not in flight; at most some dozens are. */
  next(): number {
    do this._last = (this._last % MAX_PACKET_ID) + 1;
    while (this._inFlight.has(this._last));
    return this._last;
  }

  take(id: number): void {
    this._inFlight.add(id);
  }

  /** @returns whether it was in flight */
  free(id: number): boolean {
    return this._inFlight.delete(id);
  }
}
