import { expect, test } from "vitest";
import { parseDevices } from "../../mocks/cloud/import.js";
import { serverCsvHead, serverCsvLine, serverJson } from "../../tools/factory/formats.js";
import type { FactoryRecord } from "../../tools/factory/record.js";
import { hmacKeyHex, mac, postJson, serial, startCloud } from "./support.js";

const record: FactoryRecord = { serial, mac, hmacKey: hmacKeyHex, productId: 'a "quoted", one' };
const known = { serial, mac, hmacKeyHex };
const json = serverJson.open + serverJson.record(record) + serverJson.close;

test.each([
  ["JSON", json],
  ["CSV", serverCsvHead + serverCsvLine(record)],
  ["CSV of a spreadsheet", `\ufeffserial_number,hmac_key,extra,mac_address\n${serial},${hmacKeyHex},,${mac}\n`],
])("the factory's records are read: %s", (_form, text) => {
  expect(parseDevices(text)).toEqual([known]);
});

test.each([
  ["{", "devices"],
  ['{"devices":[{}]}', "device 1: mac"],
  [`${serverCsvHead}\n${serverCsvLine({ ...record, hmacKey: "5e5e" })}`, "line 3: hmacKeyHex"],
  [`${serverCsvHead}"${serial}`, "line 2: the quotes"],
  ["", "there is nothing in it"],
  [`serial_number,hmac_key\n${serial},5e5e\n`, "line 1: no column mac_address"],
  [`mac_address;serial_number;hmac_key\n${mac};${serial};5e5e\n`, "line 1: semicolons"],
])("%j is refused with the place, and without the key", (text, place) => {
  expect(() => parseDevices(text)).toThrow(place);
  expect(() => parseDevices(text)).not.toThrow("5e5e");
});

test("a board whose MAC address nobody has told the factory stands in its list by serial number and key", () => {
  const { mac: _none, ...unlabelled } = record;
  const device = { ...known, mac: null };
  expect(parseDevices(serverCsvHead + serverCsvLine(unlabelled))).toEqual([device]);
  expect(parseDevices(serverJson.open + serverJson.record(unlabelled) + serverJson.close)).toEqual([device]);
});

test("they can be posted to a running cloud: all of them or none", async () => {
  const cloud = await startCloud();
  const other = { serial_number: "SN-2", mac_address: "AA:BB:CC:DD:EE:02", hmac_key: "short" };
  const bad = await postJson(`${cloud.url}/admin/import`, { devices: [...JSON.parse(json).devices, other] });
  expect([bad.status, await bad.json()]).toEqual([400, { error: expect.stringContaining("device 2: hmacKeyHex") }]);
  expect(cloud.state().devices).toEqual([]);
  expect((await postJson(`${cloud.url}/admin/import`, json)).status).toBe(200);
  expect(cloud.state().devices).toMatchObject([{ mac, serial, keyKnown: true }]);
});
