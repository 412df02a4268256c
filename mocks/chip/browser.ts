/** Put before a page's own scripts: `navigator.serial` with a mock chip behind it, and `mockBoard` for who tests. */
import { MockChip, type MockChipOptions } from "./chip.js";
import { MockSerialPort } from "./port.js";
import { MockSerial } from "./serial.js";

export interface MockBoard {
  chip: MockChip;
  port: MockSerialPort;
  serial: MockSerial;
}

const global = globalThis as unknown as {
  mockChipOptions?: MockChipOptions;
  mockBoard?: MockBoard;
  navigator: object;
};
const chip = new MockChip(global.mockChipOptions);
const port = new MockSerialPort(chip);
const serial = new MockSerial(port);
global.mockBoard = { chip, port, serial };
Object.defineProperty(global.navigator, "serial", { value: serial, configurable: true });
