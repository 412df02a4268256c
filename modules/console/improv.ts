/**
 * Improv over serial, version 1 (improv-wifi.com/serial): from a request's data to what is asked, and from what is to be
 * told to a frame. Values in, values out. The requests are found in C (native/improv_frames.c).
 */

/** Remote procedure calls. The last one is this project's own, which no ordinary client sends: docs/improv.md. */
export const COMMAND = Object.freeze({ wifi: 1, state: 2, info: 3, scan: 4, address: 0xe0 } as const);

/** Ready: Wi-Fi settings may be sent. */
export const STATE = Object.freeze({ ready: 2, provisioning: 3, provisioned: 4 } as const);
export type State = (typeof STATE)[keyof typeof STATE];

/** From `portal` on this project's own: clients show the number. */
export const ERROR = Object.freeze({
  none: 0,
  invalid: 1,
  unknownCommand: 2,
  /** The Wi-Fi network was not joined. */
  wifi: 3,
  /** The board restarts into its setup: to be sent once more. */
  portal: 0x80,
  /** There is no provisioning address, or none that makes sense; or the build does not let it be changed. */
  address: 0x81,
  /** There is Wi-Fi, and no way to the provisioning address. */
  internet: 0x82,
  /** The service refuses, or does not answer as one. */
  service: 0x83,
  broker: 0x84,
  unknown: 0xff,
} as const);
export type ErrorCode = (typeof ERROR)[keyof typeof ERROR];

const TYPE = Object.freeze({ state: 1, error: 2, result: 4 } as const);
const VERSION = 1;
const NAME = Object.freeze([0x49, 0x4d, 0x50, 0x52, 0x4f, 0x56] as const); // IMPROV
const LINE_FEED = 10;
/** Name, version, type, length. */
const HEAD_BYTES = 9;
const MAX_DATA_BYTES = 255;

export interface Request {
  readonly command: number;
  /** What the command is given. */
  readonly data: Uint8Array;
}

/** @returns undefined where the lengths do not agree */
export function parseRequest(data: Uint8Array): Request | undefined {
  const [command, length] = data;
  if (command === undefined || length !== data.length - 2) return undefined;
  return { command, data: data.subarray(2) };
}

/** @returns undefined where the lengths do not agree, or a text is no UTF-8 */
export function parseWiFi(data: Uint8Array): { readonly ssid: string; readonly password: string } | undefined {
  const passwordAt = 1 + (data[0] ?? 0);
  const password = data.subarray(passwordAt + 1);
  if (password.length !== data[passwordAt]) return undefined;
  const texts = [textOf(data.subarray(1, passwordAt)), textOf(password)] as const;
  return texts[0] === undefined || texts[1] === undefined ? undefined : { ssid: texts[0], password: texts[1] };
}

/** @returns undefined where it is no UTF-8 */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return String.fromArrayBuffer(bytes.slice().buffer);
  } catch {
    return undefined;
  }
}

export function stateFrame(state: State): Uint8Array {
  return frameOf(TYPE.state, Uint8Array.of(state));
}

export function errorFrame(error: ErrorCode): Uint8Array {
  return frameOf(TYPE.error, Uint8Array.of(error));
}

/** @param texts what does not fit into a frame any more is left out */
export function resultFrame(command: number, texts: readonly string[]): Uint8Array {
  const data = new Uint8Array(MAX_DATA_BYTES);
  let length = 2;
  for (const text of texts) {
    const bytes = new Uint8Array(ArrayBuffer.fromString(text));
    if (length + 1 + bytes.length > MAX_DATA_BYTES) break;
    data[length] = bytes.length;
    data.set(bytes, length + 1);
    length += 1 + bytes.length;
  }
  data[0] = command;
  data[1] = length - 2;
  return frameOf(TYPE.result, data.subarray(0, length));
}

/** On a line of its own: clients look for a frame where a line begins. */
function frameOf(type: number, data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + HEAD_BYTES + data.length + 2);
  const end = frame.length - 2;
  frame[0] = LINE_FEED;
  frame.set(NAME, 1);
  frame.set([VERSION, type, data.length], 1 + NAME.length);
  frame.set(data, 1 + HEAD_BYTES);
  let sum = 0;
  for (let at = 1; at < end; at++) sum += frame[at]!;
  frame[end] = sum;
  frame[end + 1] = LINE_FEED;
  return frame;
}
