import type { SdkSocket } from "../socket/sdk-socket.js";

const lineFeed = 10;

/** A line that grows byte by byte, and what the socket still holds. */
export interface PartialLine {
  readonly text: string;
  readonly readable: number;
  /** It ends with CR LF: only then does the SDK go on. */
  readonly complete: boolean;
}

/** Reads up to the line feed, one byte after the other as the SDK does. */
export function readLine(socket: SdkSocket, begun: string, readable: number): PartialLine {
  let text = begun;
  let left = readable;
  socket.format = "number";
  while (left > 0) {
    left -= 1;
    const byte = socket.read() as number;
    text += String.fromCharCode(byte);
    if (byte === lineFeed) break;
  }
  socket.format = "buffer";
  return { text, readable: left, complete: text.endsWith("\r\n") };
}
