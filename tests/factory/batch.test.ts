import { execFile } from "node:child_process";
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseDevices } from "../../mocks/cloud/import.js";
import { IDENTITY, NVS } from "../../modules/update/simulator/partitions.js";
import { fromNvsEntries } from "../../tools/factory/record.js";
import { countedRows } from "../../tools/factory/rows.js";
import { runBatch } from "../../tools/factory/run.js";
import { readNvs } from "../../tools/nvs/nvs.js";
import { Runs } from "./runs.js";

const runs = new Runs();

test("a batch makes images, labels and lists, for nobody else to read", async () => {
  const rows = "serial_number,mac_address,url,url_locked\nSN/1,7c-df-a1-00-be-ef,http://example.com/,yes\n";
  await runBatch(runs.options({ ...runs.csv(rows), recordsOnly: false }));
  expect(readdirSync(join(runs.out, "one")).sort()).toEqual([
    ...["SN%2F1.identity.bin", "SN%2F1.nvs.bin", "SN%2F1.svg", "devices.csv", "devices.json"],
  ]);
  for (const file of [...readdirSync(join(runs.out, "one")).map((name) => join("one", name)), "records.jsonl"])
    expect(statSync(join(runs.out, file)).mode & 0o777).toBe(0o600);
  const image = readFileSync(join(runs.out, "one", "SN%2F1.nvs.bin"));
  const copy = readFileSync(join(runs.out, "one", "SN%2F1.identity.bin"));
  expect(copy).toHaveLength(IDENTITY.size);
  expect(readNvs(copy)).toEqual(readNvs(image));
  expect(image).toHaveLength(NVS.size);
  const record = fromNvsEntries(readNvs(image).entries)!;
  expect(record).toMatchObject({ serial: "SN/1", url: "http://example.com/", urlLocked: true });
  expect(parseDevices(readFileSync(join(runs.out, "one", "devices.json"), "utf8"))).toEqual([
    { mac: "7C:DF:A1:00:BE:EF", serial: "SN/1", hmacKeyHex: record.hmacKey },
  ]);
  expect(readFileSync(join(runs.out, "one", "SN%2F1.svg"), "utf8")).toContain(record.accessPointPassword);
});

test("no serial number leads out of the batch's folder, or names a device of Windows", async () => {
  const serials = ["..", ".", "../x", "..\\x", "con", "LPT1.a", "a*b", "%2e", "..x"];
  await runBatch(runs.options({ ...runs.csv(`serial_number\n${serials.join("\n")}\n`), recordsOnly: false }));
  expect(readdirSync(runs.out).sort()).toEqual(["one", "records.jsonl", "rows.csv"]);
  const files = readdirSync(join(runs.out, "one")).filter((name) => name.endsWith(".nvs.bin"));
  expect(files).toHaveLength(serials.length);
  for (const name of files) expect(name).toMatch(/^(?!(?:con|prn|aux|nul|com\d|lpt\d)\.)[\w%-][\w%.-]*$/i);
  const found = files.map((name) => fromNvsEntries(readNvs(readFileSync(join(runs.out, "one", name))).entries)?.serial);
  expect(found.sort()).toEqual([...serials].sort());
});

test("batches whose names differ in the letters' case alone would share a folder", async () => {
  await runBatch(runs.options());
  await expect(runBatch(runs.options({ batch: "One", serials: "XX-#####" }))).rejects.toThrow("there is a batch one");
});

describe("a run that was stopped goes on, and no serial number gets a second key", () => {
  test.each([
    ["after a whole line", ""],
    ["within a line", '{"batch":"one","row":4,"serial":"SN-00004","hmacKey":"5a5a'],
  ])("%s", async (_when, torn) => {
    await runBatch(runs.options({ rows: () => countedRows(3, {}), recordsOnly: false }));
    const before = runs.devices();
    appendFileSync(join(runs.out, "records.jsonl"), torn);
    rmSync(join(runs.out, "one", "SN-00002.nvs.bin")); // not written yet
    expect(await runBatch(runs.options({ recordsOnly: false }))).toMatchObject({ made: 2, before: 3 });
    const after = runs.devices();
    expect([...after.keys()]).toEqual([1, 2, 3, 4, 5].map((number) => `SN-0000${number}`));
    for (const [serial, key] of before) expect(after.get(serial)).toBe(key);
    expect(new Set(after.values()).size).toBe(5);
    for (const [serial, hmacKey] of after) {
      const { entries } = readNvs(readFileSync(join(runs.out, "one", `${serial}.nvs.bin`)));
      expect(fromNvsEntries(entries)).toMatchObject({ serial, hmacKey });
    }
  });

  test("also when it ended before its lock was taken away", async () => {
    const child = execFile(process.execPath, ["-e", ""]);
    await new Promise((done) => child.once("exit", done));
    writeFileSync(join(runs.out, "lock"), String(child.pid));
    expect(await runBatch(runs.options())).toMatchObject({ made: 5 });
    expect(readdirSync(runs.out)).not.toContain("lock");
  });

  test("but not beside another one", async () => {
    writeFileSync(join(runs.out, "lock"), String(process.ppid));
    await expect(runBatch(runs.options())).rejects.toThrow(`process ${process.ppid}`);
  });

  test("nor with other rows under the same name", async () => {
    await runBatch(runs.options());
    const other = runs.options({ serials: "XX-#####" });
    await expect(runBatch(other)).rejects.toThrow("row 1: an earlier run made it with another serial number");
    await expect(runBatch(runs.options({ rows: () => countedRows(4, {}) }))).rejects.toThrow("has 5 rows already");
    const withMac = runs.options({ rows: () => countedRows(5, { mac_address: "7C:DF:A1:00:00:01" }) });
    await expect(runBatch(withMac)).rejects.toThrow("row 1: an earlier run");
    for (const change of [
      runs.options({ rows: () => countedRows(5, { url: "http://example.com/" }) }),
      runs.options({ openNetwork: true }),
    ])
      await expect(runBatch(change)).rejects.toThrow(
        "row 1: an earlier run made it with other options or cells: give it those, or begin in another folder (--out)",
      );
    expect(await runBatch(runs.options())).toMatchObject({ made: 0, before: 5 });
  });

  test("nor with another key in a row than the one that was made of it", async () => {
    const rows = (key: string) => runs.options(runs.csv(`serial_number,hmac_key\nSN-1,${key.repeat(32)}\n`));
    await runBatch(rows("5e"));
    await expect(runBatch(rows("5f"))).rejects.toThrow("row 1: an earlier run made it with other options or cells");
    expect(await runBatch(rows("5E"))).toMatchObject({ made: 0, before: 1 });
  });
});

describe("before anything is made, it is refused with its place", () => {
  const key = "5e".repeat(32);
  test.each([
    [
      "a serial number twice",
      "serial_number\nSN-1\nSN-2\nSN-1\n",
      "row 3: its serial number SN-1 is that of batch one, row 1",
    ],
    [
      "a MAC address twice",
      "serial_number,mac_address\nSN-1,7C:DF:A1:00:00:01\nSN-2,7cdfa1000001\n",
      "row 2: its MAC address 7C:DF:A1:00:00:01 is that of batch one, row 1",
    ],
    ["a key twice", `serial_number,hmac_key\nSN-1,${key}\nSN-2,${key.toUpperCase()}\n`, "row 2: its key is that of"],
    [
      "serial numbers that differ in their letters' case alone: they name files",
      "serial_number\nSN-a\nSN-A\n",
      "row 2: its serial number SN-A is that of batch one, row 1",
    ],
    ...["=1+1", "+1", "-1", "@SUM(A1)"].map((text) => [
      `a formula as serial number, ${text}`,
      `serial_number\n${text}\n`,
      "row 1: Serial number, hardware version and product id do not begin with = + - @",
    ]),
    ...["/etc/ssl/private/site.key", "../keys/a.pem", "a/../../b.pem", "C:\\\\keys\\\\a.pem", "..\\\\a.pem", ".."].map(
      (path) => [
        `a file of somebody else's, ${path}`,
        `serial_number,device_cert,device_key\nSN-1,certs/..a.pem,${path}\n`,
        "line 2: device_key names a file outside of the folder of the CSV",
      ],
    ),
    ["a formula as product id", "serial_number,product_id\nSN-1,=1+1\n", "row 1: Serial number, hardware version and"],
    [
      "a lowest firmware version that is none",
      "serial_number,min_version\nSN-1,latest\n",
      "row 1: The lowest firmware",
    ],
    [
      "no serial number",
      "mac_address\n7C:DF:A1:00:00:01\n",
      "line 2, row 1: no serial number: the column serial_number",
    ],
    ["a bad key", "serial_number,hmac_key\nSN-1,5e5e\n", "row 1: The HMAC key has 32 bytes"],
    ["an unknown column", "serial\nSN-1\n", 'there is no column "serial"'],
    ["semicolons", "serial_number;url\nSN-1;\n", "line 1: semicolons; commas are needed"],
    ["a mistake behind blank lines", "serial_number\n\n\nSN-1\n\nSN 2\n", "line 6, row 2: The serial number"],
    ["open quotes", 'serial_number\n"SN-1\n', "line 2: the quotes do not match"],
    ["more cells than columns", "serial_number\nSN-1,x\n", "line 2: more cells"],
  ])("%s", async (_what, text, problem) => {
    const run = runBatch(runs.options(runs.csv(text)));
    await expect(run).rejects.toThrow(problem);
    await expect(run).rejects.not.toThrow(/5e5e/i);
    expect(readdirSync(runs.out)).toEqual(["rows.csv"]);
  });

  test("what an earlier batch has", async () => {
    const first = `serial_number,mac_address,hmac_key\nSN-1,7C:DF:A1:00:00:01,${key}\n`;
    await runBatch(runs.options(runs.csv(first)));
    for (const [row, what] of [
      ["SN-1,,", "serial number SN-1"],
      ["SN-2,7C:DF:A1:00:00:01,", "MAC address 7C:DF:A1:00:00:01"],
      [`SN-2,,${key}`, "key"],
    ] as const) {
      const again = runs.options({ ...runs.csv(`serial_number,mac_address,hmac_key\n${row}\n`), batch: "two" });
      await expect(runBatch(again)).rejects.toThrow(`row 1: its ${what} is that of batch one, row 1`);
    }
  });

  test("a pattern without room, or without a place, for the number", async () => {
    await expect(runBatch(runs.options({ serials: "SN-#", first: 7 }))).rejects.toThrow("no room for 10");
    await expect(runBatch(runs.options({ serials: "SN" }))).rejects.toThrow("has no #");
  });
});

describe("the command line", () => {
  const cli = fileURLToPath(new URL("../../build/host/tools/factory/cli.js", import.meta.url));
  const run = (...args: string[]) =>
    new Promise<{ code: unknown; output: string }>((done) => {
      const child = execFile(process.execPath, [cli, ...args], { cwd: runs.out }, (_error, stdout, stderr) =>
        done({ code: child.exitCode, output: stdout + stderr }),
      );
    });

  test("makes a batch, and prints no key", async () => {
    const { code, output } = await run(
      "--batch",
      "b1",
      "--count=2",
      "--serials=SN-##",
      "--product-id=lamp",
      "--first=8",
    );
    expect([code, output]).toEqual([0, "2 records made, 0 were there already: factory/b1\n"]);
    const image = readFileSync(join(runs.out, "factory/b1/SN-09.nvs.bin"));
    expect(fromNvsEntries(readNvs(image).entries)).toMatchObject({ serial: "SN-09", productId: "lamp" });
  });

  test.each([
    [["--batch", "b1"], "--csv or --count"],
    [["--count", "1"], "--batch"],
    [["--batch", "..", "--count", "1"], "--batch"],
    [["--batch", "b1", "--count", "x"], "--count"],
    [["--colour"], "--colour"],
  ])("%j: says what is wrong, and ends with 2", async (args, problem) => {
    const { code, output } = await run(...args);
    expect(code).toBe(2);
    expect(output.split("\n")[0]).toContain(problem);
  });

  test("what a person has to put right ends with 1", async () => {
    const { code, output } = await run("--batch", "b1", "--csv", "none.csv");
    expect(code).toBe(1);
    expect(output).toContain("none.csv");
  });
});
