/** `npm run factory`: a batch of boards: keys, images, labels, and lists for servers. */
import { parseArgs } from "node:util";
import { command, UsageError } from "../command.js";
import { progressOf } from "../progress.js";
import { readCredential } from "./credential-files.js";
import { countedRows, csvRows, type Row, rowColumns } from "./rows.js";
import { runBatch } from "./run.js";

const usage = `Usage: npm run factory -- --batch NAME (--csv FILE | --count N) [--serials PATTERN] [options]

Makes for each row a record with a key of its own, the image of its NVS partition, its label with the QR code that joins
its network, and for all of them the lists that servers import. A run that was stopped is started again in the same way:
it goes on, and no serial number gets a second key. What is made holds keys: keep the folder where only the line sees it.

  --batch NAME       name of the batch, and of its folder
  --csv FILE         rows: ${rowColumns.slice(0, 6).join(", ")},
                     ${rowColumns.slice(6).join(", ")}; the last four are PEM files;
                     no column is needed, and an empty cell takes the option of the same name
  --count N          so many boards without a file
  --serials PATTERN  serial numbers for rows that have none: SN-####
  --first N          the number of the first row there (default 1)
  --out DIR          the folder of all batches (default factory)
  --open-network     boards without ap_password get none, for builds with accessPointOpen; otherwise one is made
  --records-only     no images and labels
  --hardware-version V, --product-id P, --url U, --url-locked, --min-version V,
  --claim-cert FILE, --claim-key FILE
  --help             this text
`;

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const options = {
  batch: text,
  csv: text,
  count: text,
  serials: text,
  first: { type: "string", default: "1" },
  out: { type: "string", default: "factory" },
  "open-network": flag,
  "records-only": flag,
  "hardware-version": text,
  "product-id": text,
  url: text,
  "url-locked": flag,
  "min-version": text,
  "claim-cert": text,
  "claim-key": text,
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

function defaultsOf(values: Values): Row {
  const given = {
    hardware_version: values["hardware-version"],
    product_id: values["product-id"],
    url: values.url,
    min_version: values["min-version"],
    url_locked: values["url-locked"] ? "1" : undefined,
    claim_cert: values["claim-cert"],
    claim_key: values["claim-key"],
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function numberOf(name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`${name}: a whole number`);
  return Number(value);
}

await command(usage, async (args) => {
  const { values } = parseArgs({ args, options });
  const { batch, csv, count } = values;
  if (!batch || !/^\w[\w.-]*$/.test(batch) || /^(lock|records\.jsonl)$/i.test(batch))
    throw new UsageError("--batch: a name of letters, digits, _, - and .");
  if ((csv === undefined) === (count === undefined)) throw new UsageError("--csv or --count is needed");
  const defaults = defaultsOf(values);
  const countedTo = count === undefined ? 0 : numberOf("--count", count);
  const { folder, made, before } = await runBatch({
    batch,
    out: values.out,
    serials: values.serials,
    first: numberOf("--first", values.first),
    openNetwork: values["open-network"],
    recordsOnly: values["records-only"],
    tick: progressOf("boards"),
    readCredential: (certificateFile, keyFile) => readCredential(csv ?? "", certificateFile, keyFile),
    rows: () => (csv === undefined ? countedRows(countedTo, defaults) : csvRows(csv, defaults)),
  });
  process.stdout.write(`${made} records made, ${before} were there already: ${folder}\n`);
});
