/** `npm run device`: a virtual device in the terminal. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { command, sentenceOf, UsageError } from "../../tools/command.js";
import { pageBytes } from "../../tools/nvs/layout.js";
import { readNvs } from "../../tools/nvs/nvs.js";
import { openProduct } from "../../tools/product.js";
import { plugIn } from "./cable.js";
import { factoryBoard } from "./factory-board.js";
import { lockState } from "./lock.js";
import { choosePort } from "./ports.js";
import { buildProduct } from "./product.js";
import { flashFile } from "./state-file.js";
import { type StateLine, VirtualDevice, type VirtualDeviceOptions } from "./virtual-device.js";

const usage = `Usage: npm run device -- [options]

Runs a virtual ESP32-S3 in the terminal: its states, and notes beside them.

  --product FOLDER  of a product (docs/product.md): its code, config and resources in place of the agent alone
  --state FILE      what it keeps without power (default .state/device.json, a product's in its folder; its flash is
                    beside it)
  --portal-port N   of the captive page (default 8080, or a free one when that is taken)
  --dns-port N      of its DNS (default 5353, likewise)
  --mac M           as 7C:DF:A1:00:00:01 (default: the file's, or made up)
  --serial-number S, --hmac-key HEX
                    what the factory gave it (likewise)
  --factory IMAGE   a board of npm run factory: FOLDER/SERIAL.nvs.bin, with the MAC address and the serial number that
                    the folder's list has; its state is .state/SERIAL.json, and the image goes into a new one alone
  --nvs FILE        a board's NVS partition, which takes the place of its own
  --serial PATH     its cable: a serial port, or an end of a pseudo-terminal that you have made (docs/improv.md)
  --json            states alone, a JSON object in a line; notes go to stderr
  --help            this text
`;

const maxSerialBytes = 64;

interface Arguments {
  portalPort: number | undefined;
  dnsPort: number | undefined;
  device: VirtualDeviceOptions;
  /** Its folder. */
  product: string | undefined;
  cable: string | undefined;
  json: boolean;
}

const text = { type: "string" } as const;
const OPTIONS = {
  "portal-port": text,
  "dns-port": text,
  state: text,
  mac: text,
  serial: text,
  "serial-number": text,
  "hmac-key": text,
  nvs: text,
  factory: text,
  product: text,
  json: { type: "boolean" },
} as const;

function readArguments(args: string[]): Arguments {
  const { values } = parseArgs({ args, options: OPTIONS });
  const { mac, "serial-number": serial, "hmac-key": hmacKey, nvs, factory, product } = values;
  const ownState = product !== undefined && factory === undefined ? join(product, ".state", "device.json") : undefined;
  const state = values.state ?? ownState;
  if (mac !== undefined && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac))
    throw new UsageError("--mac: six pairs of hexadecimal digits with colons between them, as 7C:DF:A1:00:00:01");
  if (hmacKey !== undefined && !/^([0-9a-f]{2}){16,64}$/i.test(hmacKey))
    throw new UsageError("--hmac-key: 16 to 64 bytes as hexadecimal digits");
  if (serial !== undefined && (serial === "" || Buffer.byteLength(serial) > maxSerialBytes))
    throw new UsageError(`--serial-number: 1 to ${maxSerialBytes} bytes`);
  if (state === "") throw new UsageError("--state: the name of a file");
  if (factory !== undefined && (serial ?? hmacKey ?? nvs) !== undefined)
    throw new UsageError("--factory says what --serial-number, --hmac-key and --nvs would say");
  return {
    portalPort: portOf("--portal-port", values["portal-port"]),
    dnsPort: portOf("--dns-port", values["dns-port"]),
    device: {
      ...(state && { stateFile: state }),
      ...(mac && { mac }),
      ...(serial && { serial }),
      ...(hmacKey && { hmacKey }),
      ...(nvs !== undefined && { nvs: readDump(nvs) }),
      ...(factory !== undefined && factoryBoard(factory, mac, state)),
    },
    product,
    cable: values.serial,
    json: values.json ?? false,
  };
}

/** A board's NVS partition, as `esptool read-flash` saves it. */
function readDump(file: string): Uint8Array {
  try {
    const dump = readFileSync(file);
    const { entries, problems } = readNvs(dump);
    if (dump.length % pageBytes === 0 && entries.length > 0) return dump;
    throw new Error(problems[0] ?? "it is blank");
  } catch (error) {
    throw new Error(`--nvs ${file} is no dump of an NVS partition: ${sentenceOf(error)}`);
  }
}

function portOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (!/^\d+$/.test(value) || port < 1 || port > 65535) throw new UsageError(`${name}: a number from 1 to 65535`);
  return port;
}

/** `{state: "ONLINE", ip: …}` as `ONLINE ip=…` */
function readable({ state, ...members }: StateLine): string {
  const details = Object.entries(members).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [state, ...details].join("  ");
}

function report(device: VirtualDevice, json: boolean): void {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  if (json) {
    device.on("state", (line) => print(JSON.stringify(line)));
    device.on("log", (line) => process.stderr.write(`${line}\n`));
    return;
  }
  device.on("state", (line) => print(readable(line)));
  device.on("log", (line) => print(`  ${line}`));
  device.on("restart", (reason) => print(`-- ${reason} --`));
}

await command(usage, async (args) => {
  const { json, portalPort, dnsPort, product, cable, device: options } = readArguments(args);
  const device = new VirtualDevice({
    ...options,
    ...(product !== undefined && { product: await buildProduct(openProduct(product, "lin")) }),
    portalPort: await choosePort("tcp", portalPort),
    dnsPort: await choosePort("udp", dnsPort),
  });
  await lockState(device.stateFile);
  report(device, json);
  device.on("exit", (reason, error) => {
    if (reason !== "gave up") return;
    process.stderr.write(`the device does not stay up: ${error?.message}\n`);
    process.exitCode = 1;
  });
  const pullOut = cable === undefined ? undefined : plugIn(device, cable);
  device.once("exit", () => pullOut?.());
  let stopped = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => {
      stopped = true;
      void device.stop();
    });
  await device.start();
  if (stopped) await device.stop();
  else if (!json)
    process.stdout.write(
      `device ${device.identity!.mac}  portal http://127.0.0.1:${device.portalPort}/  DNS 127.0.0.1:${device.dnsPort}  state ${device.stateFile}  flash ${flashFile(device.stateFile)}\n`,
    );
});
