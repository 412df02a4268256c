/** What xiaozhi's servers are asked, by each of its versions. */
import { describe, expect, test } from "vitest";
import { formatUrl } from "../../modules/data/url.js";
import { activationV1, activationV2, xiaozhi } from "../../provisioning/xiaozhi/xiaozhi.js";
import { answer } from "../scripted/cloud.js";
import { MAC, outcomeOf, SERIAL, Service, UUID } from "./support.js";

const URL = "http://cloud.example.com/xiaozhi/ota/";
const mqtt = { endpoint: "mqtt.example.com:1883", client_id: "c", username: "u", password: "p" };

describe("the request", () => {
  async function requestOf(change: Partial<Service["identity"]> = {}) {
    const service = new Service(() => answer(200, { mqtt }));
    service.identity = { ...service.identity, ...change };
    await service.query(URL);
    expect(service.requests).toHaveLength(1);
    return service.requests[0]!;
  }

  test("goes to the very address, with the headers of the reference firmware", async () => {
    const { method, url, headers } = await requestOf();
    expect([method, formatUrl(url)]).toEqual(["POST", URL]);
    expect(headers).toMatchObject({
      "activation-version": "2",
      "device-id": MAC.toLowerCase(),
      "client-id": UUID,
      "serial-number": SERIAL,
      "accept-language": "de-DE",
      "content-type": "application/json",
    });
  });

  test("describes the device; the server's Java asks for `application`", async () => {
    expect(JSON.parse((await requestOf()).body!)).toEqual({
      version: 2,
      language: "de-DE",
      mac_address: MAC.toLowerCase(),
      uuid: UUID,
      chip_model_name: "esp32s3",
      application: { name: "esp32-online", version: "1.2.3" },
      board: {
        ...{ type: "esp32-online", name: "esp32-online", ssid: "Home", rssi: -50, channel: 6, ip: "192.168.1.7" },
        mac: MAC.toLowerCase(),
      },
      client_info: { mac_address: MAC, client_id: UUID, serial_number: SERIAL },
    });
  });

  test("has what the chip and the image say about themselves, in the reference firmware's names", async () => {
    const service = new Service(() => answer(200, { mqtt }));
    const nvs = { label: "nvs", type: 1, subtype: 2, address: 0xa000, size: 0x6000 };
    service.chip = {
      ...{ model: 9, cores: 2, revision: 2, features: 18, flashBytes: 16_777_216, minimumFreeHeapBytes: 54_321 },
      ...{ idfVersion: "v5.5", compileTime: "Nov 22 2026T09:14:20Z", elfSha256: "ab".repeat(32), running: "ota_0" },
      partitions: [nvs],
    };
    await service.query(URL);
    expect(JSON.parse(service.requests[0]!.body!)).toMatchObject({
      flash_size: 16_777_216,
      minimum_free_heap_size: "54321",
      chip_info: { model: 9, cores: 2, revision: 2, features: 18 },
      application: { compile_time: "Nov 22 2026T09:14:20Z", idf_version: "v5.5", elf_sha256: "ab".repeat(32) },
      partition_table: [nvs],
      ota: { label: "ota_0" },
    });
  });

  test("has 15 seconds, or what the service asked for", async () => {
    expect((await requestOf()).timeoutMs).toBe(15_000);
    const service = new Service(() => answer(200, { mqtt }));
    service.timeoutMs = 5_000;
    await service.query(URL);
    expect(service.requests[0]!.timeoutMs).toBe(5_000);
  });

  test("signs nothing: the key is for challenges only", async () => {
    expect(JSON.stringify(await requestOf())).not.toContain("signed(");
  });

  test.each([
    ["automatic, with a serial number", xiaozhi, SERIAL, "2"],
    ["automatic, without", xiaozhi, undefined, "1"],
    ["version 1, with a serial number", activationV1, SERIAL, "1"],
    ["version 1, without", activationV1, undefined, "1"],
    ["version 2, with a serial number", activationV2, SERIAL, "2"],
  ])("%s", async (_label, protocol, serial, version) => {
    const service = new Service(() => answer(200, { mqtt }));
    service.identity = { ...service.identity, serial };
    await service.query(URL, protocol);
    const { headers, body } = service.requests[0]!;
    expect(headers?.["activation-version"]).toBe(version);
    expect(headers?.["serial-number"]).toBe(version === "2" ? SERIAL : undefined);
    expect(JSON.parse(body!).client_info.serial_number).toBe(version === "2" ? SERIAL : undefined);
    expect(body!.includes(SERIAL)).toBe(version === "2");
  });

  test.each([
    ["no serial number", { serial: undefined }],
    ["no key", { sign: () => undefined }],
  ])("of version 2 with %s is not made at all", async (_label, change) => {
    const service = new Service(() => answer(200, { mqtt }));
    service.identity = { ...service.identity, ...change };
    expect(outcomeOf(await service.query(URL, activationV2))).toBe("no-identity");
    expect(await service.run(activationV2.checkFirmware(service.context(URL)))).toMatchObject({ ok: false });
    expect(service.requests).toEqual([]);
  });

  test("of version 2 is made with a key in either form", async () => {
    const service = new Service(() => answer(200, { mqtt }));
    service.identity = { ...service.identity, sign: (_text, form) => (form === "text" ? "f".repeat(64) : undefined) };
    expect(outcomeOf(await service.query(URL, activationV2))).toBe("configuration");
  });
});
