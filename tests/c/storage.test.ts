/** The start of NVS in C (modules/system/esp32/storage_start.c): a damaged one is no brick, and the identity stays. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { IDENTITY, NVS } from "../../modules/update/simulator/partitions.js";
import { toNvsEntries } from "../../tools/factory/record.js";
import { type NvsEntry, writeNvs } from "../../tools/nvs/nvs.js";
import { damages, FROM_COPY, flipBits, IN_THIS_START, NO_FREE_PAGES } from "../nvs/damaged.js";
import { built, systemTest } from "./system/build.js";

const HMAC_KEY = "5b".repeat(32);
const CERTIFICATE = Uint8Array.from({ length: 5_000 }, (_, at) => at * 7);
const RECORD: readonly NvsEntry[] = [
  ...toNvsEntries({
    serial: "SN-1",
    hmacKey: HMAC_KEY,
    accessPointPassword: "label-password",
    url: "https://x.example/",
  }),
  { namespace: "factory", key: "claim_cert", value: { type: "blob", value: CERTIFICATE } },
];
const text = (namespace: string, key: string, value: string): NvsEntry => ({
  namespace,
  key,
  value: { type: "string", value },
});
const KEYS = RECORD.map(({ key }) => key).sort();
const COPY = () => writeNvs(RECORD, IDENTITY.size);

let folder: string;
let program: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "storage-"));
  program = built("storage", ["storage_start", "factory_record"]);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A board that has been somewhere: the record between settings, of which one has replaced another. */
function used(): Uint8Array {
  const settings = [text("agent", "settings0", "{}"), text("agent", "preferences1", "x".repeat(3_000))];
  return writeNvs([settings[0]!, ...RECORD, settings[1]!], NVS.size);
}

interface Flash {
  readonly nvs: Uint8Array;
  readonly copy?: Uint8Array | undefined;
  readonly error?: number;
  readonly held?: string;
  readonly room?: number;
  readonly isWorn?: boolean;
}

interface Started {
  /** What main.c's nvs_flash_init says after it. */
  readonly error: number;
  /** As storage_repaired has it. */
  readonly repaired: number;
  /** `namespace/key` to its bytes in hex. */
  readonly values: ReadonlyMap<string, string>;
}

function start({ nvs, copy, error = 0, held = "", room, isWorn }: Flash): Started {
  const files = { NVS: join(folder, "nvs.bin"), IDENTITY: join(folder, "identity.bin") };
  writeFileSync(files.NVS, nvs);
  if (copy) writeFileSync(files.IDENTITY, copy);
  const env = {
    ...{ NVS: files.NVS, ...(copy && { IDENTITY: files.IDENTITY }), ERROR: error.toString(16), HELD: held },
    ...(room !== undefined && { ROOM: String(room) }),
    ...(isWorn && { WORN: "1" }),
  };
  const said = execFileSync(program, { env, encoding: "utf8" });
  const hex = (name: string) => Number.parseInt(new RegExp(`^${name} (\\w+)$`, "m").exec(said)?.[1] ?? "0", 16);
  const values = [...said.matchAll(/^value (\S+) \w (\w*)$/gm)].map(([, name, bytes]) => [name!, bytes!] as const);
  return { error: hex("init"), repaired: hex("repaired"), values: new Map(values) };
}

const keysIn = (values: ReadonlyMap<string, string>) =>
  [...values.keys()]
    .filter((name) => name.startsWith("factory/"))
    .map((name) => name.slice("factory/".length))
    .sort();

function expectRecord({ values }: Started): void {
  expect(keysIn(values)).toEqual(KEYS);
  expect(values.get("factory/hmac_key")).toBe(Buffer.from(`${HMAC_KEY}\0`).toString("hex"));
  expect(values.get("factory/claim_cert")).toBe(Buffer.from(CERTIFICATE).toString("hex"));
}

describe("a partition that cannot be opened is erased, and the factory's record stays", () => {
  for (const { name, error, spoil } of damages.filter((damage) => damage.error)) {
    systemTest(name, () => {
      const nvs = used();
      spoil(nvs);
      const started = start({ nvs, error, held: "agent/settings0={}" });
      expectRecord(started);
      expect([started.error, started.repaired]).toEqual([0, IN_THIS_START + error]);
      expect(started.values.has("agent/settings0")).toBe(false);
    });
  }

  // Beside what is tried above: whatever has come of the pages, what is whole of the record counts, and nothing else.
  systemTest("with bits that flipped: each value is whole or not there, and the copy has the others", () => {
    let lost = 0;
    for (let seed = 0; seed < 24; seed++) {
      const nvs = used();
      flipBits(nvs, seed);
      const alone = start({ nvs, error: NO_FREE_PAGES });
      const whole = start({ nvs: used(), error: NO_FREE_PAGES });
      for (const [name, bytes] of alone.values)
        if (name.startsWith("factory/")) expect([name, bytes]).toEqual([name, whole.values.get(name)]);
      lost += KEYS.length - keysIn(alone.values).length;
      expectRecord(start({ nvs, error: NO_FREE_PAGES, copy: COPY() }));
    }
    expect(lost).toBeGreaterThan(0);
  });

  systemTest("what was written twice counts as it was written last", () => {
    const nvs = writeNvs([...RECORD, text("agent", "large", "x".repeat(3_900))], NVS.size);
    const again = writeNvs([text("factory", "serial", "SN-2")], NVS.size);
    // The second page of the one, behind all pages of the other: its header says that it is newer.
    const newer = again.slice(0, 4096);
    new DataView(newer.buffer).setUint32(4, 1_000, true);
    nvs.set(newer, 8 * 4096);
    expect(start({ nvs, error: NO_FREE_PAGES }).values.get("factory/serial")).toBe(
      Buffer.from("SN-2\0").toString("hex"),
    );
  });

  systemTest("where it cannot be erased either, nothing is done, and main.c says so", () => {
    const started = start({ nvs: used(), error: NO_FREE_PAGES, isWorn: true });
    expect([started.error, started.values.size]).toEqual([NO_FREE_PAGES, 0]);
  });

  systemTest.each([0x101, 0x105, 0x110f, 0x1119, 0x6001])("no erasure brings what error %d wants", (error) => {
    const started = start({ nvs: used(), error, held: "agent/settings0={}" });
    expect([started.error, started.values.size]).toEqual([error, 1]);
  });

  systemTest("a partition with no room takes what it can", () => {
    expect(start({ nvs: used(), error: NO_FREE_PAGES, room: 3 }).values.size).toBe(3);
  });
});

describe("the copy of the record in a partition of its own", () => {
  for (const { name, error, spoil } of damages.filter((damage) => damage.isLost)) {
    systemTest(`is put back into a partition that is ${name}`, () => {
      const nvs = used();
      spoil(nvs);
      const started = start({ nvs, error, copy: COPY() });
      expectRecord(started);
      expect(started.repaired).toBe(FROM_COPY);
    });
  }

  systemTest("completes a record of which a power cut has left a part", () => {
    expectRecord(start({ nvs: used(), copy: COPY(), held: "factory/serial=SN-1" }));
  });

  systemTest("takes the place of a value whose bytes are damaged", () => {
    expectRecord(start({ nvs: used(), copy: COPY(), held: `factory/serial=SN-1,factory/hmac_key!${HMAC_KEY}` }));
  });

  systemTest("changes nothing where another record is there", () => {
    const { values } = start({ nvs: used(), copy: COPY(), held: "factory/serial=SN-9,factory/url=https://x.example/" });
    expect([...values.keys()].sort()).toEqual(["factory/serial", "factory/url"]);
  });

  systemTest.each([
    ["is blank", new Uint8Array(IDENTITY.size).fill(0xff)],
    ["is not there, as on boards that were flashed before it was", undefined],
  ])("is not missed where it %s", (_name, copy) => {
    const { error, repaired, values } = start({ nvs: used(), copy, held: "agent/settings0={}" });
    expect([error, repaired, [...values.keys()]]).toEqual([0, 0, ["agent/settings0"]]);
  });
});
