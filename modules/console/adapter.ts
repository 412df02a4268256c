/** The board's console: C of this folder's `esp32/` in a release, the debugger's in a build for development. */
import { nextRequest, openPorts, sendBytes, writeText } from "modules/console/serial-adapter";
import type { Cable } from "./console.js";

/** A line on the console. */
export function say(line: string): void {
  // The debugger has a protocol of its own on the same port, which `trace` speaks; in a release `trace` is nothing.
  if (!writeText(`${line}\r\n`)) trace(line, "\n");
}

/** To be called once, before the first line. @returns undefined where a debugger has the ports, or there are none */
export function openCable(): Cable | undefined {
  return openPorts() ? cable : undefined;
}

const cable: Cable = Object.freeze({
  request() {
    const data = nextRequest();
    return data && new Uint8Array(data);
  },
  send: sendBytes,
});
