/** The boards that `npm run build:esp32 -- --board` knows, by what the SDK's targets say of them (build/devices/esp32/targets). */
import { UsageError } from "../command.js";

export interface Board {
  /** As the SDK names it. */
  readonly name: string;
  readonly flashMegabytes: number;
  /** What the target configures; "" for none. The agent needs none, and each of these boards starts without. */
  readonly psram: "" | "quad" | "octal";
  /** GPIO of the button; -1: the board has none that firmware can read. */
  readonly buttonPin: number;
  /** Where console and debugger are: what the target says in `USE_USB`. */
  readonly console: "UART0" | "USB, the chip's own" | "USB, TinyUSB";
  /** The JavaScript stage of the agent was linked for it with SDK 8.2.3. Nothing has run on any of them. */
  readonly isLinked: boolean;
}

const CHIP_USB = "USB, the chip's own";
const TINY_USB = "USB, TinyUSB";

export const BOARDS: readonly Board[] = [
  { name: "esp32/esp32s3", flashMegabytes: 8, psram: "", buttonPin: 0, console: "UART0", isLinked: true },
  { name: "esp32/esp32s3_cdc", flashMegabytes: 8, psram: "", buttonPin: 0, console: CHIP_USB, isLinked: true },
  { name: "esp32/xiao_esp32s3", flashMegabytes: 8, psram: "octal", buttonPin: 0, console: CHIP_USB, isLinked: true },
  {
    name: "esp32/xiao_esp32s3_sense",
    flashMegabytes: 8,
    psram: "octal",
    buttonPin: 0,
    console: CHIP_USB,
    isLinked: false,
  },
  {
    name: "esp32/m5stack_cores3",
    flashMegabytes: 16,
    psram: "quad",
    buttonPin: -1,
    console: CHIP_USB,
    isLinked: true,
  },
  { name: "esp32/m5atom_s3", flashMegabytes: 8, psram: "", buttonPin: 41, console: CHIP_USB, isLinked: true },
  { name: "esp32/m5atom_s3_lite", flashMegabytes: 8, psram: "", buttonPin: 41, console: TINY_USB, isLinked: false },
  { name: "esp32/m5dial", flashMegabytes: 8, psram: "", buttonPin: 42, console: CHIP_USB, isLinked: true },
  { name: "esp32/m5stamp_s3", flashMegabytes: 8, psram: "", buttonPin: 0, console: TINY_USB, isLinked: true },
  { name: "esp32/qtpys3", flashMegabytes: 8, psram: "quad", buttonPin: 0, console: TINY_USB, isLinked: true },
  { name: "esp32/qtpys3_cdc", flashMegabytes: 8, psram: "quad", buttonPin: 0, console: CHIP_USB, isLinked: true },
];

/** What the agent alone is built for. */
export const DEFAULT_BOARD = "esp32/esp32s3";

export function findBoard(name: string): Board {
  const board = BOARDS.find((one) => one.name === name);
  if (!board) throw new UsageError(`--board: one of ${BOARDS.map((one) => one.name).join(", ")}`);
  return board;
}

/** As docs/product.md has it. */
export function boardTable(): string {
  const rows = BOARDS.map(({ name, flashMegabytes, psram, buttonPin, console, isLinked }) => [
    ...[`\`${name}\``, `${flashMegabytes} MB`, psram || "–", buttonPin < 0 ? "–" : `GPIO ${buttonPin}`, console],
    isLinked ? "yes" : "no",
  ]);
  const head = ["Board", "Flash", "PSRAM", "Button", "Console", "Linked here"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
