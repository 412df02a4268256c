/** The public client of Improv over serial, as npm has it, at a virtual device's cable. */
import { ImprovSerial } from "improv-wifi-serial-sdk/dist/serial.js";
import type { VirtualDevice } from "../../mocks/device/virtual-device.js";
import { until } from "../journey/support.js";

/** The board is up within this. */
const DETECT_MS = 10_000;
const QUIET = { log() {}, debug() {}, error() {} };

/** A computer's end of a cable. */
export interface ComputersEnd {
  /** @param onBytes is called with what the board sends */
  listen(onBytes: (bytes: Uint8Array) => void): void;
  send(bytes: Uint8Array): void;
}

export const cableOf = (device: VirtualDevice): ComputersEnd => ({
  listen: (onBytes) => device.on("cable", onBytes),
  send: (bytes) => device.sendOnCable(bytes),
});

/** As Web Serial has an open port (https://wicg.github.io/serial/), as far as the client uses it. */
function portOf(end: ComputersEnd): SerialPort {
  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => end.listen((bytes) => controller.enqueue(bytes)),
  });
  const writable = new WritableStream<Uint8Array>({ write: (bytes) => end.send(bytes) });
  return { readable, writable } as unknown as SerialPort;
}

/** Has met the device already. @throws where it does not answer in time */
export async function openClient(end: ComputersEnd, detectMs = DETECT_MS): Promise<ImprovSerial> {
  const client = new ImprovSerial(portOf(end), QUIET);
  await client.initialize(detectMs);
  return client;
}

/** This project's own request: docs/improv.md. */
export async function sendAddress(client: ImprovSerial, address: string): Promise<void> {
  const bytes = Buffer.from(address);
  const send = (client as unknown as { writePacketToStream(type: number, data: number[]): Promise<void> })
    .writePacketToStream;
  await send.call(client, 3, [0xe0, bytes.length, ...bytes]);
}

export const untilState = (client: ImprovSerial, state: number): Promise<void> =>
  until(`state ${state}`, () => client.state === state);
