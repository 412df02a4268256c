/** Improv's frames as a client of the field writes and reads them (improv-wifi.com/serial), in plain JavaScript. */

const NAME = [0x49, 0x4d, 0x50, 0x52, 0x4f, 0x56];
const VERSION = 1;
const LINE_FEED = 10;
const HEAD_BYTES = 9;

const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) & 255, 0);

/** A request, and the line feed that clients send behind it. */
export function requestOf(command: number, data: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = Uint8Array.of(...NAME, VERSION, 3, data.length + 2, command, data.length, ...data);
  return Uint8Array.of(...bytes, sumOf(bytes), LINE_FEED);
}

/** What a command is given: texts with their lengths. */
export function textsOf(...texts: readonly string[]): Uint8Array {
  return Uint8Array.from(
    texts.flatMap((text) => {
      const bytes = new TextEncoder().encode(text);
      return [bytes.length, ...bytes];
    }),
  );
}

export type Told =
  | { readonly state: number }
  | { readonly error: number }
  | { readonly result: number; readonly texts: readonly string[] };

/** @throws for bytes that are no frame on a line of its own */
export function readFrame(line: Uint8Array): Told {
  const frame = line.subarray(1, -1);
  const data = frame.subarray(HEAD_BYTES, -1);
  const isWhole =
    line[0] === LINE_FEED &&
    line.at(-1) === LINE_FEED &&
    NAME.every((byte, at) => frame[at] === byte) &&
    frame[NAME.length] === VERSION &&
    frame[HEAD_BYTES - 1] === data.length &&
    frame.at(-1) === sumOf(frame.subarray(0, -1));
  if (!isWhole) throw new Error(`no frame: ${line.join(" ")}`);
  switch (frame[NAME.length + 1]) {
    case 1:
      return { state: data[0]! };
    case 2:
      return { error: data[0]! };
    case 4:
      return { result: data[0]!, texts: readTexts(data.subarray(2, 2 + data[1]!)) };
    default:
      throw new Error(`type ${frame[NAME.length + 1]}`);
  }
}

function readTexts(bytes: Uint8Array): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes[at]!)
    texts.push(new TextDecoder().decode(bytes.subarray(at + 1, at + 1 + bytes[at]!)));
  return texts;
}
