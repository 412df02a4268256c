/**
 * Finds the packets' first bytes in a stream that is watched byte by byte: the SDK's client tells neither the return
 * code of a refusal nor whether a message was retained. Packet lengths: MQTT 3.1.1 §2.2.3.
 */
export class HeaderWatch {
  /** First byte of the packet that is being read. */
  #header = 0;
  #nextHeader = 0;
  #length = 0;
  #shift = 0;
  #inLength = false;
  /** Of the CONNACK, once it was read. */
  connackCode: number | undefined;

  /** @param position in the stream, from 0 */
  see(position: number, byte: number): void {
    if (position === 3) this.connackCode = byte;
    if (position === this.#nextHeader) {
      this.#header = byte;
      this.#length = this.#shift = 0;
      this.#inLength = true;
    } else if (this.#inLength) {
      this.#length |= (byte & 0x7f) << this.#shift;
      this.#shift += 7;
      this.#inLength = byte >= 0x80;
      if (!this.#inLength) this.#nextHeader = position + 1 + this.#length;
    }
  }

  get isRetained(): boolean {
    return (this.#header & 1) === 1;
  }
}
