/** Frames on the serial line (RFC 1055): END around each packet, two bytes where a packet holds END or ESC. */

const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;

export function encodeSlip(packet: Uint8Array): Uint8Array {
  const frame = [END];
  for (const byte of packet) {
    if (byte === END) frame.push(ESC, ESC_END);
    else if (byte === ESC) frame.push(ESC, ESC_ESC);
    else frame.push(byte);
  }
  return Uint8Array.from([...frame, END]);
}

/** Takes bytes as they come and hands over whole packets. What stands outside of frames is noise; so is a bad escape. */
export class SlipReader {
  #packet: number[] | undefined;
  #escaped = false;

  push(bytes: Uint8Array): Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (const byte of bytes) {
      if (byte === END) {
        // Two in a row: the end of one frame and the start of the next, or a host that clears the line.
        if (this.#packet?.length) {
          packets.push(Uint8Array.from(this.#packet));
          this.#packet = undefined;
        } else this.#packet = [];
        this.#escaped = false;
      } else if (this.#packet) this.#take(byte);
    }
    return packets;
  }

  #take(byte: number): void {
    if (this.#escaped) {
      this.#escaped = false;
      if (byte === ESC_END) this.#packet?.push(END);
      else if (byte === ESC_ESC) this.#packet?.push(ESC);
      else this.#packet = undefined;
    } else if (byte === ESC) this.#escaped = true;
    else this.#packet?.push(byte);
  }
}
