/**
 * A chip's serial line at a TCP port (RFC 2217, "Telnet Com Port Control Option"): bytes, baud rate, DTR and RTS, as far
 * as pyserial asks for them.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { MockChip } from "../../mocks/chip/chip.js";

const [IAC, DONT, DO, WONT, WILL, SB, SE] = [255, 254, 253, 252, 251, 250, 240] as const;
const COM_PORT = 44;
const [SET_BAUD_RATE, SET_CONTROL] = [1, 5] as const;
/** Of SET-CONTROL. */
const controls: Readonly<Record<number, { dtr?: boolean; rts?: boolean }>> = {
  8: { dtr: true },
  9: { dtr: false },
  11: { rts: true },
  12: { rts: false },
};
/** The server's answer to a request has its number and this. */
const ANSWER = 100;

/** @returns the line's address, for pyserial; it is there until the test ends */
export async function serveSerial(chip: MockChip): Promise<string> {
  const server = createServer((socket) => new Line(socket, chip));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  chip.powerOn();
  return `rfc2217://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

class Line {
  readonly #socket: Socket;
  readonly #chip: MockChip;
  #baudRate = 115_200;
  #rts = false;
  /** Not passed on yet. */
  #dtr: boolean | undefined;
  /** Of a command that has not come whole. */
  #command: number[] = [];

  constructor(socket: Socket, chip: MockChip) {
    this.#socket = socket;
    this.#chip = chip;
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => this.#hear(bytes));
    chip.attach({ deliver: (bytes, baudRate) => this.#deliver(bytes, baudRate), pull: () => socket.destroy() });
  }

  #deliver(bytes: Uint8Array, baudRate: number | undefined): void {
    const garbled = baudRate !== undefined && baudRate !== this.#baudRate;
    const heard = garbled ? bytes.map((byte) => byte ^ 0xa5) : bytes;
    this.#socket.write(Buffer.from([...heard].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte]))));
  }

  #hear(bytes: Uint8Array): void {
    const data: number[] = [];
    for (const byte of bytes) {
      if (this.#command.length === 0 && byte !== IAC) data.push(byte);
      else if (this.#command.length === 1 && byte === IAC) {
        this.#command = [];
        data.push(IAC);
      } else {
        this.#command.push(byte);
        if (this.#isWhole()) this.#obey(this.#command.splice(0));
      }
    }
    if (data.length > 0) this.#chip.receive(Uint8Array.from(data), this.#baudRate);
  }

  /**
   * A bridge's reset leads into download mode where the boot pin is pulled within a millisecond of the reset's end. A
   * network is slower than that, so that servers of this kind do the sequence by themselves (esptool's
   * esp_port_manager.py): DTR that goes on while RTS is on takes effect when RTS goes off.
   */
  #setLines(lines: { dtr?: boolean; rts?: boolean }): void {
    this.#rts = lines.rts ?? this.#rts;
    if (lines.dtr && this.#rts) this.#dtr = true;
    else {
      this.#chip.setLines({ ...(this.#dtr !== undefined && { dtr: this.#dtr }), ...lines });
      this.#dtr = undefined;
    }
  }

  #isWhole(): boolean {
    const [, verb] = this.#command;
    if (verb !== SB) return this.#command.length === 3 || (verb !== undefined && verb < SB);
    const [before, last] = this.#command.slice(-2);
    return this.#command.length > 4 && before === IAC && last === SE;
  }

  #obey([, verb, option = 0, request = 0, ...rest]: number[]): void {
    if (verb === WILL || verb === WONT) this.#socket.write(Buffer.of(IAC, verb === WILL ? DO : DONT, option));
    else if (verb === DO || verb === DONT) this.#socket.write(Buffer.of(IAC, verb === DO ? WILL : WONT, option));
    else if (verb === SB && option === COM_PORT) {
      const value = rest.slice(0, -2);
      if (request === SET_BAUD_RATE) this.#baudRate = Buffer.from(value).readUInt32BE();
      const lines = request === SET_CONTROL ? controls[value[0]!] : undefined;
      if (lines) this.#setLines(lines);
      this.#socket.write(Buffer.of(IAC, SB, COM_PORT, request + ANSWER, ...value, IAC, SE));
    }
  }
}
