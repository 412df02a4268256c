/** `npm run nvs`: what an NVS partition holds, and partitions made of JSON. */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { NVS } from "../../modules/update/simulator/partitions.js";
import { command, UsageError } from "../command.js";
import { fromLines, toLine } from "./json.js";
import { readNvs, writeNvs } from "./nvs.js";
import type { NvsEntry } from "./value.js";

const hex = (number: number) => `0x${number.toString(16)}`;

const usage = `Usage: npm run nvs -- dump FILE [--json] [--secrets]
       npm run nvs -- make JSON FILE [--size BYTES]

dump      prints the entries of a partition: of a virtual device (board.nvs.bin), or of a board, after
          esptool --chip esp32s3 read-flash ${hex(NVS.address)} ${hex(NVS.size)} board.nvs.bin
make      writes a fresh partition of what dump --json --secrets has printed, edited or not

--json    a line of JSON for each entry
--secrets with the values of strings and blobs; without it only their lengths are printed
--size    of the partition; default ${hex(NVS.size)}, as modules/system/esp32/partitions.csv has it
--help    this text
`;

const OPTIONS = {
  json: { type: "boolean", default: false },
  secrets: { type: "boolean", default: false },
  size: { type: "string" },
} as const;

/** Passwords, keys and tokens are strings and blobs; numbers are neither. */
function shown({ namespace, key, value }: NvsEntry, secrets: boolean): string {
  const name = `${namespace}/${key}`.padEnd(31);
  if (value.type === "string") {
    return `${name}  string  ${secrets ? JSON.stringify(value.value) : `${Buffer.byteLength(value.value)} bytes`}`;
  }
  if (value.type === "blob") {
    return `${name}  blob    ${secrets ? Buffer.from(value.value).toString("hex") : `${value.value.length} bytes`}`;
  }
  return `${name}  ${value.type.padEnd(6)}  ${value.value}`;
}

function dump(file: string, json: boolean, secrets: boolean): void {
  if (json && !secrets) throw new UsageError("--json prints values: it needs --secrets");
  const { entries, problems } = readNvs(readFileSync(file));
  for (const entry of entries) process.stdout.write(`${json ? toLine(entry) : shown(entry, secrets)}\n`);
  for (const problem of problems) process.stderr.write(`${file}: ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}

function make(source: string, file: string, size: string | undefined): void {
  const sizeBytes = size === undefined ? NVS.size : Number(size);
  writeFileSync(file, writeNvs(fromLines(readFileSync(source, "utf8")), sizeBytes), { mode: 0o600 });
}

await command(usage, (args) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [verb, first, second, ...others] = positionals;
  if (verb === "dump" && first !== undefined && second === undefined) dump(first, values.json, values.secrets);
  else if (verb === "make" && first !== undefined && second !== undefined && others.length === 0)
    make(first, second, values.size);
  else throw new UsageError("dump or make, with their files");
});
