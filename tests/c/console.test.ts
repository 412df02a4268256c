/** The chip's console and the requests in what comes in on it, in C, over drivers that are memory (console/drivers.c). */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { SerialPort } from "../../mocks/moddable/serial.js";
import { Random } from "../../tools/fuzz/random.js";
import { ROOT } from "../../tools/sdk.js";
import { requestOf } from "../improv/frames.js";
import { SANITIZERS, WARNINGS } from "./core.js";

const program = join(ROOT, "build", "c", `console.${process.pid}`);
const CONSOLE = join(ROOT, "modules", "console");
const STAND_INS = join(ROOT, "tests", "c", "console");
const isCompilerThere = process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0;
if (!isCompilerThere)
  console.error("\n*** LEFT OUT: tests of the console in C. They need Linux and a C compiler. ***\n");
const consoleTest = test.skipIf(!isCompilerThere && !process.env.CI);

const SEND_BUFFER_BYTES = 2_048;
const RECEIVE_BUFFER_BYTES = 512;

function compile(output: string, flags: readonly string[]): void {
  const stood = readdirSync(STAND_INS).filter((name) => name.endsWith(".c"));
  const sources = [
    ...stood.map((name) => join(STAND_INS, name)),
    join(CONSOLE, "esp32", "console.c"),
    join(CONSOLE, "native", "improv_frames.c"),
  ];
  mkdirSync(join(ROOT, "build", "c"), { recursive: true });
  execFileSync("cc", [
    ...WARNINGS,
    ...SANITIZERS,
    ...flags,
    `-I${STAND_INS}`,
    `-I${join(CONSOLE, "native")}`,
    ...sources,
    "-o",
    output,
  ]);
}

beforeAll(() => {
  if (isCompilerThere || process.env.CI) compile(program, []);
});

/** @returns a line for each command */
function run(commands: readonly string[], path = program): string[] {
  const { stdout, stderr, status } = spawnSync(path, { input: `${commands.join("\n")}\n`, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\n").slice(0, commands.length);
}

const hex = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("hex");
const SCAN = requestOf(4);
const scanFound = `2 ${hex([4, 0] as never)}`;
const told = (request: Uint8Array) => `${request.length - 11} ${hex(request.subarray(9, -2))}`;

describe("lines", () => {
  consoleTest("go out on both ports, as they are", () => {
    const line = 'Wi-Fi 网络 {"state":"portal"}\r\n';
    expect(run(["open", `write ${hex(line)}`, "uart", "usb"])).toEqual(["0", "", hex(line), hex(line)]);
  });

  consoleTest("nothing waits where nobody listens: what finds no room is left out, whole, on that port alone", () => {
    const line = "x".repeat(600);
    const commands = ["open", ...Array.from({ length: 10 }, () => `write ${hex(line)}`), "uart", `write ${hex("y")}`];
    const [, ...out] = run([...commands, "uart", "usb", `write ${hex("z")}`, "usb"]);
    const [first, , again, usb, , rest] = out.slice(10);
    expect(first).toBe(hex(line.repeat(3)));
    expect(again).toBe(hex("y"));
    expect(usb).toBe(hex(`${line.repeat(3)}y`));
    expect(rest).toBe(hex("z"));
  });

  consoleTest("of any length", () => {
    for (const length of [0, 1, SEND_BUFFER_BYTES - 29, SEND_BUFFER_BYTES, SEND_BUFFER_BYTES + 1, 60_000]) {
      const text = hex("x".repeat(length));
      const [, , uart, usb] = run(["open", `write ${text}`, "uart", "usb"]);
      expect([uart, usb]).toEqual([
        length > SEND_BUFFER_BYTES - 28 ? "" : text,
        length > SEND_BUFFER_BYTES ? "" : text,
      ]);
    }
  });

  consoleTest.each([
    ["uart-broken", "usb"],
    ["usb-broken", "uart"],
  ])("%s: the other port speaks and listens", (broken, port) => {
    const commands = [broken, "open", `write ${hex("a")}`, `${port}-in ${hex(SCAN)}`, "request", port];
    expect(run(commands)).toEqual(["", "0", "", "", scanFound, hex("a")]);
  });

  consoleTest("without a port, with the debugger on them, or before they are open, nothing happens", () => {
    expect(run(["uart-broken", "usb-broken", "open", `write ${hex("a")}`, "request"]).slice(2)).toEqual([
      "-1",
      "",
      "0 ",
    ]);
    expect(run([`write ${hex("a")}`, "request"])).toEqual(["", "0 "]);
  });

  consoleTest("a build for development leaves the ports to the debugger", () => {
    compile(`${program}.debug`, ["-DmxDebug=1"]);
    expect(run(["open", `write ${hex("a")}`, "request", "uart", "usb"], `${program}.debug`)).toEqual([
      ...["-1", "", "0 ", "", ""],
    ]);
  });
});

describe("requests", () => {
  consoleTest.each<[what: string, commands: string[], found: string[]]>([
    ["a whole one", [`uart-in ${hex(SCAN)}`], [scanFound, "0 "]],
    ["on either port", [`usb-in ${hex(SCAN)}`], [scanFound, "0 "]],
    ["two at once", [`uart-in ${hex(SCAN)}${hex(SCAN)}`], [scanFound, scanFound, "0 "]],
    ["among other bytes", [`uart-in ${hex(`IMPIMPROV IIMPROV${"x".repeat(40)}`)}${hex(SCAN)}`], [scanFound, "0 "]],
    [
      "the longest",
      [`uart-in ${hex(requestOf(1, new Uint8Array(253).fill(7)))}`],
      [told(requestOf(1, new Uint8Array(253).fill(7))), "0 "],
    ],
    ["a wrong checksum", [`uart-in ${hex(SCAN.map((byte, at) => (at === 11 ? byte ^ 1 : byte)))}`], ["-1 ", "0 "]],
    ["no data at all", [`uart-in ${hex(Buffer.from([...Buffer.from("IMPROV"), 1, 3, 0, 0xe1]))}`], ["-1 ", "0 "]],
    ["another version", [`uart-in ${hex(SCAN.map((byte, at) => (at === 6 ? 2 : byte)))}`], ["0 ", "0 "]],
    ["what the device itself sends", [`uart-in ${hex(SCAN.map((byte, at) => (at === 7 ? 4 : byte)))}`], ["0 ", "0 "]],
  ])("%s", (_what, commands, found) => {
    expect(run(["open", ...commands, "request", "request", "request"]).slice(1 + commands.length)).toEqual(
      [...found, "0 ", "0 "].slice(0, 3),
    );
  });

  consoleTest("in pieces; one that does not go on is forgotten", () => {
    const [begin, end] = [hex(SCAN.subarray(0, 7)), hex(SCAN.subarray(7))];
    const pieces = [`uart-in ${begin}`, "request", `uart-in ${end}`, "request"];
    expect(run(["open", ...pieces])).toEqual(["0", "", "0 ", "", scanFound]);
    const torn = [`uart-in ${begin}`, "request", "request", `uart-in ${hex(SCAN)}`, "request"];
    expect(run(["open", ...torn])).toEqual(["0", "", "0 ", "0 ", "", scanFound]);
  });

  consoleTest("of a flood a look takes no more than a buffer", () => {
    const flood = hex(Buffer.alloc(RECEIVE_BUFFER_BYTES + 300, "I"));
    const after = [`uart-in ${hex(SCAN)}`, "request"];
    expect(run(["open", `uart-in ${flood}`, "request", ...after])).toEqual(["0", "", "0 ", "", scanFound]);
  });

  consoleTest("the virtual device finds the same in any bytes", () => {
    const random = new Random(3);
    const mock = new SerialPort();
    const commands = ["open"];
    const expected = ["0"];
    const look = (bytes: Uint8Array) => {
      mock.receive(bytes);
      const length = mock.request();
      commands.push(`usb-in ${hex(bytes)}`, "request");
      expected.push("", `${length} ${length > 0 ? hex(mock.data) : ""}`);
    };
    for (let count = 0; count < 3_000; count++) {
      const request = requestOf(random.below(256), Buffer.alloc(random.below(20), random.below(256)));
      const at = random.below(request.length);
      if (random.below(3) === 0) request[at] = random.below(256);
      look(
        random.below(4) === 0 ? request.subarray(0, at) : Buffer.concat([Buffer.alloc(random.below(3), "I"), request]),
      );
      if (random.below(5) === 0) look(new Uint8Array());
    }
    expect(run(commands)).toEqual(expected);
  });
});
