import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { makeRecords } from "../../tools/factory/batch.js";
import { Fingerprints, marksOf } from "../../tools/factory/fingerprints.js";
import { countedRows, type Row } from "../../tools/factory/rows.js";
import { runBatch } from "../../tools/factory/run.js";
import { Runs } from "./runs.js";

const runs = new Runs();
const hexPair = (row: number) => row.toString(16).toUpperCase().padStart(4, "0").replace(/..$/, ":$&");

test("of many rows the first twenty with something wrong are told, in their order, each once", async () => {
  const twins = Array.from({ length: 30 }, (_, index) => 3_000 - 10 * index);
  const rows = Array.from({ length: 3_000 }, (_, index) => `SN-${index + 1},7C:DF:A1:00:${hexPair(index + 1)}`);
  for (const row of twins) rows[row - 1] = `sn-${row - 1000},7C:DF:A1:00:${hexPair(row - 1000)}`;
  rows[2_710] = "SN 2711,";
  const run = runBatch(runs.options(runs.csv(`serial_number,mac_address\n${rows.join("\n")}\n`)));
  const told = await run.then(
    () => [],
    (error: Error) => error.message.split("\n"),
  );
  const rowsTold = [...twins, 2_711].sort((a, b) => a - b).slice(0, 20);
  expect(told).toEqual([
    "nothing was made:",
    ...rowsTold.map((row) =>
      row === 2_711
        ? expect.stringMatching(/^line 2712, row 2711: The serial number/)
        : `line ${row + 1}, row ${row}: its serial number sn-${row - 1000} is that of batch one, row ${row - 1000}`,
    ),
  ]);
});

test("what is wrong with the rows of now is told, not that there are fewer of them than before", async () => {
  await runBatch(runs.options({ rows: () => countedRows(30, {}) }));
  const bad = runBatch(runs.options(runs.csv(`serial_number\n${"SN 1\n".repeat(25)}`)));
  await expect(bad).rejects.toThrow(/^nothing was made:\nline 2, row 1: The serial number/);
});

test("10,000 records: no serial number and no key twice", async () => {
  expect(await runBatch(runs.options({ rows: () => countedRows(10_000, {}) }))).toMatchObject({
    made: 10_000,
    before: 0,
  });
  const made = runs.devices();
  expect(made.size).toBe(10_000);
  expect(new Set(made.values()).size).toBe(10_000);
  expect([...made.keys()].at(-1)).toBe("SN-10000");
  const { devices: list } = JSON.parse(readFileSync(join(runs.out, "one", "devices.json"), "utf8"));
  expect(list).toHaveLength(10_000);
}, 60_000);

test("100,000 records take the memory that 1,000 take: nothing of a record stays, neither in the look nor in the making", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const liveMB: number[] = [];
  async function* rows(): AsyncGenerator<Row> {
    for (let row = 1; row <= 100_000; row++) {
      if (row === 1_000 || row % 33_333 === 0) {
        gc();
        const { heapUsed, external } = process.memoryUsage();
        liveMB.push((heapUsed + external) / 2 ** 20);
      }
      yield {};
    }
  }
  expect(await runBatch(runs.options({ serials: "SN-######", rows }))).toMatchObject({ made: 100_000 });
  expect(liveMB).toHaveLength(8);
  for (const live of liveMB) expect(live).toBeLessThan(liveMB[0]! + 2);
}, 240_000);

test("what is looked at together is a small part of all, however many there are", () => {
  const fingerprints = new Fingerprints(join(runs.out, ".check"));
  const all = 64 * 1_000;
  for (let row = 1; row <= all / 4; row++)
    for (const mark of marksOf({ serial: `SN-${row}`, mac: `MAC ${row}`, hmacKey: `key ${row}` }, "batch one"))
      fingerprints.add({ ...mark, batch: 0, row });
  const sizes = [...fingerprints.parts()].map((part) => [...part].length);
  fingerprints.close();
  expect(sizes.reduce((sum, size) => sum + size)).toBe(all);
  expect(Math.max(...sizes)).toBeLessThan(1_200);
  expect(readdirSync(runs.out)).toEqual([]);
});

test("records are made one at a time: no row is read before the record of the last one is taken", async () => {
  let read = 0;
  async function* rows(): AsyncGenerator<Row> {
    for (; ; read++) yield {}; // never ends
  }
  let taken = 0;
  for await (const { row } of makeRecords(rows(), runs.options(), 0)) {
    expect(row).toBe(++taken);
    expect(read).toBe(taken - 1);
    if (taken === 1_000) break;
  }
});
