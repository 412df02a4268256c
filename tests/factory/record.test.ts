import { describe, expect, test } from "vitest";
import { NVS } from "../../modules/update/simulator/partitions.js";
import {
  csvCells,
  csvLine,
  recordFromJson,
  recordToJson,
  serverCsvLine,
  serverJson,
} from "../../tools/factory/formats.js";
import { labelOf, labelSvg } from "../../tools/factory/label.js";
import {
  checkRecord,
  type FactoryRecord,
  fromNvsEntries,
  makeHmacKey,
  makePassword,
  putRecord,
  type RecordMistake,
  recordMistakes,
  toNvsEntries,
} from "../../tools/factory/record.js";
import { type NvsEntry, readNvs, writeNvs } from "../../tools/nvs/nvs.js";
import { NvsPartition } from "../../tools/nvs/partition.js";

/** DER of this length. */
const der = (bytes: number) =>
  Uint8Array.from([0x30, 0x82, bytes >> 8, bytes & 0xff, ...new Uint8Array(bytes).fill(7)]);
const small: FactoryRecord = { serial: "SN-0001", hmacKey: "5a".repeat(32) };
const full: FactoryRecord = {
  ...small,
  mac: "7C:DF:A1:00:BE:EF",
  accessPointPassword: "from;the:label",
  hardwareVersion: "2.1",
  productId: "lamp",
  url: "https://example.com/ota/",
  urlLocked: true,
  minimumVersion: "1.2.0",
  deviceToken: "t0ken/+=",
  device: { certificates: Uint8Array.from([...der(900), ...der(1_000)]), key: der(1_200) },
  claim: { certificates: der(700), key: der(300) },
};
const { mac: _mac, ...withoutMac } = full;

test("in NVS and out of it, with and without all that is optional; the MAC address stands in the chip", () => {
  const read = (record: FactoryRecord) => fromNvsEntries(readNvs(writeNvs(toNvsEntries(record), NVS.size)).entries);
  expect(read(full)).toEqual(withoutMac);
  expect(read(small)).toEqual(small);
  expect(fromNvsEntries([])).toBeUndefined();
});

test("as JSON and out of it", () => {
  for (const record of [full, small])
    expect(recordFromJson(JSON.parse(JSON.stringify(recordToJson(record))))).toEqual(record);
  expect(recordFromJson({ ...small, hmacKey: 5 })).toBeUndefined();
  expect(recordFromJson(null)).toBeUndefined();
  expect(checkRecord(recordFromJson({ ...small, device: { certificates: "*", key: 1 } })!)).toBe(
    "device-certificate-invalid",
  );
});

test("into a board's partition in place of the record there; everything else stays", () => {
  const wifi: NvsEntry = { namespace: "agent", key: "settings0", value: { type: "string", value: "{}" } };
  const partition = new NvsPartition(writeNvs([...toNvsEntries(full), wifi], NVS.size));
  putRecord(partition, { ...small, serial: "SN-0002" });
  const { entries } = readNvs(partition.bytes);
  expect(fromNvsEntries(entries)).toEqual({ ...small, serial: "SN-0002" });
  expect(entries).toContainEqual(wifi);
});

test.each<[RecordMistake, Partial<FactoryRecord>]>([
  ["serial-invalid", { serial: "" }],
  ["serial-invalid", { serial: "SN 1" }],
  ["key-invalid", { hmacKey: "5a".repeat(31) }],
  ["key-invalid", { hmacKey: "5A".repeat(32) }],
  ["mac-invalid", { mac: "7C:DF:A1:00:BE" }],
  ["mac-invalid", { mac: "01:DF:A1:00:BE:EF" }],
  ["password-invalid", { accessPointPassword: "seven77" }],
  ["hardware-invalid", { hardwareVersion: "2 1" }],
  ["product-invalid", { productId: "x".repeat(65) }],
  ["version-invalid", { minimumVersion: "latest" }],
  ["url-invalid", { url: "ftp://example.com/" }],
  ["lock-without-url", { urlLocked: true }],
  ["token-invalid", { deviceToken: "" }],
  ["token-invalid", { deviceToken: "a b" }],
  ["token-invalid", { deviceToken: "x".repeat(257) }],
  ["device-certificate-invalid", { device: { certificates: der(10).subarray(1), key: der(10) } }],
  ["device-certificate-invalid", { device: { certificates: der(10), key: Uint8Array.from([...der(9), ...der(9)]) } }],
  ["claim-certificate-invalid", { claim: { certificates: der(10).subarray(0, 12), key: der(10) } }],
])("%s: %j", (mistake, change) => {
  const record = { ...small, ...change };
  expect(checkRecord(record)).toBe(mistake);
  expect(() => toNvsEntries(record)).toThrow(recordMistakes[mistake]);
});

test("what is right has no mistake", () => {
  expect([checkRecord(small), checkRecord(full)]).toEqual([undefined, undefined]);
});

test("keys and passwords made are good, and never twice the same", () => {
  const keys = new Set(Array.from({ length: 200 }, makeHmacKey));
  const passwords = new Set(Array.from({ length: 200 }, makePassword));
  expect([keys.size, passwords.size]).toEqual([200, 200]);
  for (const hmacKey of keys) expect(checkRecord({ ...small, hmacKey })).toBeUndefined();
  for (const password of passwords) expect(password).toMatch(/^[a-km-z2-9]{12}$/);
});

describe("the label", () => {
  test("joins the board's network: name by the MAC address, password with what is special in it escaped", () => {
    expect(labelOf(full)).toEqual({
      serial: "SN-0001",
      mac: "7C:DF:A1:00:BE:EF",
      network: "ESP32-BEEF",
      joinCode: "WIFI:S:ESP32-BEEF;T:WPA;P:from\\;the\\:label;;",
      password: "from;the:label",
      page: "http://192.168.4.1/",
    });
    expect(labelOf({ ...small, mac: full.mac! }).joinCode).toBe("WIFI:S:ESP32-BEEF;T:nopass;;");
    expect(labelOf(small)).toEqual({ serial: "SN-0001", page: "http://192.168.4.1/" });
  });

  test("to print: text escaped, the code as modules, and no key", () => {
    const svg = labelSvg(labelOf({ ...full, serial: 'SN<1>"&' }));
    expect(svg).toContain("SN&#60;1&#62;&#34;&#38;");
    expect(svg.match(/h1v1h-1z/g)!.length).toBeGreaterThan(200);
    expect(svg).not.toContain(full.hmacKey);
    expect(labelSvg(labelOf(small))).not.toContain("<path");
  });
});

test("for servers: what they check by, and nothing else", () => {
  const list = serverJson.open + [full, small].map(serverJson.record).join(serverJson.between) + serverJson.close;
  expect(JSON.parse(list)).toEqual({
    devices: [
      {
        mac_address: "7C:DF:A1:00:BE:EF",
        serial_number: "SN-0001",
        hmac_key: "5a".repeat(32),
        hardware_version: "2.1",
        product_id: "lamp",
      },
      expect.objectContaining({ serial_number: "SN-0001", mac_address: "" }),
    ],
  });
  expect(serverCsvLine(full)).toBe(`7C:DF:A1:00:BE:EF,SN-0001,${"5a".repeat(32)},2.1,lamp\r\n`);
});

test("cells of CSV come back, whatever is in them but a line end", () => {
  const cells = ["", "plain", 'a "quoted" one', "a,b", '"'];
  expect(csvCells(csvLine(cells).trimEnd())).toEqual(cells);
  expect(csvCells('a,"b')).toBeUndefined();
  expect(csvCells('a"b')).toBeUndefined();
});
