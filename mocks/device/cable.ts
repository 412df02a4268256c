/** A serial port of this machine, or an end of a pseudo-terminal, as a virtual device's cable. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { isatty, ReadStream } from "node:tty";
import type { VirtualDevice } from "./virtual-device.js";

/**
 * @param path somebody else made it, and sets its speed
 * @returns what takes the cable out
 * @throws where it cannot be opened, or is nothing of the kind
 */
export function plugIn(device: VirtualDevice, path: string): () => void {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  if (!isatty(fd)) {
    closeSync(fd);
    throw new Error(`${path} is neither a serial port nor a pseudo-terminal`);
  }
  const received = new ReadStream(fd).setRawMode(true);
  const send = (bytes: Uint8Array) => {
    try {
      writeSync(fd, bytes);
    } catch {
      // Nobody reads: it is lost, as on the chip.
    }
  };
  received.on("data", (bytes: Buffer) => device.sendOnCable(bytes));
  // The other end is gone: the device goes on.
  received.on("error", () => device.off("cable", send));
  device.on("cable", send);
  return () => {
    device.off("cable", send);
    received.destroy();
  };
}
