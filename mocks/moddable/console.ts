/** `modules/console/serial-adapter`: the chip's ports, as modules/console/esp32/console.c has them. */
import { host } from "./host.js";

export function openPorts(): boolean {
  return !host.isDebug;
}

export function writeText(text: string): boolean {
  if (host.isDebug) return false;
  host.trace(text);
  return true;
}

export function sendBytes(bytes: Uint8Array): void {
  host.send(bytes.slice());
}

export function nextRequest(): ArrayBuffer | undefined {
  const length = host.serial.request();
  return length === 0 ? undefined : (host.serial.data.slice(0, Math.max(length, 0)).buffer as ArrayBuffer);
}
