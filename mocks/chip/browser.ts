/** Put before a page's own scripts: `navigator.serial` with a mock chip behind it, and `mockBoard` for who tests. */
import { MockChip, type MockChipOptions } from "./chip.js";
import { MockSerialPort } from "./port.js";
import { MockSerial } from "./serial.js";

export interface MockBoard {
  chip: MockChip;
  port: MockSerialPort;
  serial: MockSerial;
  /** Puts another board to the same cable. */
  swap: (options: MockChipOptions) => void;
}

const global = globalThis as unknown as {
  mockChipOptions?: MockChipOptions;
  mockBoard?: MockBoard;
  navigator: object;
};

function connect(options: MockChipOptions | undefined): Pick<MockBoard, "chip" | "port"> {
  const chip = new MockChip(options);
  return { chip, port: new MockSerialPort(chip) };
}

const first = connect(global.mockChipOptions);
const serial = new MockSerial(first.port);
const board: MockBoard = {
  ...first,
  serial,
  swap: (options) => {
    Object.assign(board, connect(options));
    serial.attach(board.port);
  },
};
global.mockBoard = board;
Object.defineProperty(global.navigator, "serial", { value: serial, configurable: true });
