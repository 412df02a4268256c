/** Firmware that the services offer, beside other things and when they are asked for it. */
import { describe, expect, test } from "vitest";
import { formatUrl } from "../../modules/data/url.js";
import { checkOffer } from "../../modules/update/update.js";
import { deviceService } from "../../provisioning/device-service/device-service.js";
import type { Protocol } from "../../provisioning/protocol.js";
import { xiaozhi } from "../../provisioning/xiaozhi/xiaozhi.js";
import { answer, deviceInfo } from "../scripted/cloud.js";
import { Service } from "./support.js";

const SERVICE = "http://provision.example.com";
const XIAOZHI = "http://cloud.example.com/xiaozhi/ota/";
const hash = "0123456789abcdef".repeat(4);
const update = {
  ...{ available: true, version: "1.3.0", download_url: "http://ota.example.com/1.3.0.bin", file_size: 1_048_576 },
  ...{ checksum: `sha256:${hash}`, changelog: "修复了一些bug" },
};
const offer = {
  ...{ version: "1.3.0", urls: ["http://ota.example.com/1.3.0.bin"], sizeBytes: 1_048_576, sha256: hash },
  ...{ signature: undefined, notes: "修复了一些bug", force: false, mistake: undefined },
};
const { available, version, ...others } = update;
const checked = { update_available: available, current_version: "1.2.3", latest_version: version, ...others };

async function offersOf(url: string, body: unknown) {
  const service = new Service(() => answer(200, body));
  await service.query(url);
  return service.offers;
}

const check = (service: Service, protocol: Protocol = deviceService, url = SERVICE) =>
  service.run(protocol.checkFirmware(service.context(url)));

describe("beside the device service's settings", () => {
  test.each<[string, unknown, unknown[]]>([
    ["the seed's", update, [offer]],
    ["null", null, []],
    ["nothing", undefined, []],
    ["none available", { ...update, available: false }, []],
    ["no word about it", { ...update, available: undefined }, [offer]],
    ["null for a word about it", { ...update, available: null }, [offer]],
    ["bare hex", { ...update, checksum: hash.toUpperCase() }, [offer]],
    ["a signature", { ...update, signature: "3006020101020102" }, [{ ...offer, signature: "3006020101020102" }]],
    ["what is no signature", { ...update, signature: "30060201010201" + "0z" }, [offer]],
    ["one that must be taken", { ...update, force: true }, [{ ...offer, force: true }]],
    ["a downgrade", { ...update, version: "1.0.0" }, [{ ...offer, version: "1.0.0" }]],
    ["what the device has", { ...update, version: "1.2.3" }, []],
    ["no address", { ...update, download_url: undefined }, [{ ...offer, urls: [], mistake: "no address" }]],
    ["no address, and no word", { ...update, available: undefined, download_url: undefined }, []],
    ["a text", "1.3.0", []],
    ["a list", [update], []],
  ])("%s", async (_label, firmware_update, expected) => {
    expect(await offersOf(SERVICE, { ...deviceInfo(), firmware_update })).toEqual(expected);
  });

  test("where those make no sense it does not count either", async () => {
    expect(await offersOf(SERVICE, { mqtt_config: {}, firmware_update: update })).toEqual([]);
    expect(await offersOf(SERVICE, { ...deviceInfo(), error: "no", firmware_update: update })).toEqual([]);
  });
});

describe("/firmware/check", () => {
  test("is asked as old and new servers want it", async () => {
    const service = new Service(() => answer(200, checked));
    expect(await check(service, deviceService, `${SERVICE}/a//device/info?k=1`)).toEqual({
      ok: true,
      value: undefined,
    });
    const [{ method, url, body, timeoutMs }] = service.requests as [(typeof service.requests)[0]];
    expect([method, formatUrl(url), timeoutMs]).toEqual(["POST", `${SERVICE}/a/firmware/check?k=1`, 15_000]);
    expect(JSON.parse(body!)).toEqual({
      ...{ mac_address: "AA:BB:CC:DD:EE:FF", current_version: "1.2.3", product_id: "esp32-online" },
    });
    expect(service.requests).toHaveLength(1);
    expect(service.offers).toEqual([offer]);
  });

  test.each([
    ["nothing new", { update_available: false, latest_version: "1.2.3" }],
    ["nothing new, with the address of the old", { ...checked, update_available: false }],
    ["the device's own version", { ...checked, latest_version: "1.2.3" }],
    ["an empty object", {}],
    ["nonsense", { latest_version: {}, download_url: [] }],
  ])("offers nothing with %s", async (_label, body) => {
    const service = new Service(() => answer(200, body));
    expect([await check(service), service.offers]).toEqual([{ ok: true, value: undefined }, []]);
  });

  const refusal = (field: string) => answer(422, { detail: [{ loc: ["body", field], msg: "wrong type" }] });
  const idsOf = (service: Service) => service.requests.map(({ body }) => JSON.parse(body!).product_id as unknown);

  test.each([
    ["17", ["17", 17]],
    ["esp32-online", ["esp32-online", undefined]],
    ["17a", ["17a", undefined]],
    ["1234567890123456", ["1234567890123456", undefined]],
  ])("that takes no product id %j is asked once more", async (productId, ids) => {
    const service = new Service(({ body }) => {
      const isText = typeof JSON.parse(body!).product_id === "string";
      return isText ? refusal("product_id") : answer(200, checked);
    });
    service.productId = productId;
    expect((await check(service)).ok).toBe(true);
    expect([idsOf(service), service.offers]).toEqual([ids, [offer]]);
  });

  test("that takes none is asked no third time, and says which field", async () => {
    const service = new Service(() => refusal("product_id"));
    expect(await check(service)).toMatchObject({
      failure: { reason: "request-refused", detail: "422: body.product_id: wrong type" },
    });
    expect(service.requests).toHaveLength(2);
  });

  test("that refuses another field is asked once", async () => {
    const service = new Service(() => refusal("mac_address"));
    expect(await check(service)).toMatchObject({ failure: { detail: "422: body.mac_address: wrong type" } });
    expect(service.requests).toHaveLength(1);
  });

  test.each([
    ["an error", { error: "no", ...checked }, "server-error"],
    ["a detail", { detail: "no such product" }, "server-error"],
    ["no JSON", "no", "bad-answer"],
    ["a web page", "<html>", "login-page"],
  ])("answers with %s", async (_label, body, reason) => {
    const service = new Service(() => answer(200, body));
    expect([await check(service), service.offers]).toMatchObject([{ failure: { reason } }, []]);
  });
});

describe("xiaozhi", () => {
  const mqtt = { endpoint: "m.example:1883", client_id: "c", username: "u", password: "p" };
  const placeholder =
    "http://xiaozhi.server.com:8002/xiaozhi/otaMag/download/NOT_ACTIVATED_FIRMWARE_THIS_IS_A_INVALID_URL";
  const url = "http://cloud.example.com/xiaozhi/ota/download/x_1.3.0.bin";
  const offered = {
    ...{ version: "1.3.0", urls: [url], sizeBytes: undefined, sha256: undefined, signature: undefined },
    ...{ notes: undefined, force: false, mistake: undefined },
  };

  test.each<[string, unknown, unknown[]]>([
    ["a newer version", { version: "1.3.0", url }, [offered]],
    ["one that must be taken", { version: "1.3.0", url, force: 1 }, [{ ...offered, force: true }]],
    ["one that must be taken, by a truth", { version: "1.3.0", url, force: true }, [{ ...offered, force: true }]],
    ["one that need not be", { version: "1.3.0", url, force: 0 }, [offered]],
    ["one with a text for a number", { version: "1.3.0", url, force: "1" }, [offered]],
    [
      "one with a checksum",
      { version: "1.3.0", url, size: 9, sha256: hash, signature: "3006020101020102" },
      [{ ...offered, sizeBytes: 9, sha256: hash, signature: "3006020101020102" }],
    ],
    ["the placeholder", { version: "1.2.3", url: placeholder }, []],
    ["the placeholder, to be taken", { version: "1.2.3", url: placeholder, force: 1 }, []],
    ["no URL", { version: "1.3.0", url: "" }, []],
    ["the seed's", { current_version: "1.0.0", latest_version: "1.0.1", update_required: false }, []],
    ["nothing", undefined, []],
  ])("offers %s", async (_label, firmware, expected) => {
    expect(await offersOf(XIAOZHI, { mqtt, firmware })).toEqual(expected);
  });

  test("is asked by a query, whose settings do not matter", async () => {
    const service = new Service(() =>
      answer(200, { activation: { code: "123456" }, firmware: { version: "1.3.0", url } }),
    );
    expect(await check(service, xiaozhi, XIAOZHI)).toEqual({ ok: true, value: undefined });
    expect(service.offers).toEqual([offered]);
    expect(service.requests.map((request) => formatUrl(request.url))).toEqual([XIAOZHI]);
    const down = new Service(() => answer(500, ""));
    expect(await check(down, xiaozhi, XIAOZHI)).toMatchObject({ failure: { reason: "server-error" } });
  });
});

describe("an offer", () => {
  const raw = {
    version: "2",
    url: "http://F.example/x",
    sizeBytes: 1,
    checksum: hash,
    signature: "",
    notes: "n",
    force: 0,
  };

  test.each([
    ["a version on two lines", { version: "2\nonline" }, "no version"],
    ["a version with a space", { version: "2 beta" }, "no version"],
    ["a version of 65 characters", { version: "2".repeat(65) }, "no version"],
    ["no version", { version: null }, "no version"],
    ["a URL of another scheme", { url: "ftp://f.example/x" }, "no address of http or https"],
    ["a URL with credentials", { url: "http://u:p@f.example/x" }, "no address of http or https"],
    [
      "a URL of 2,049 characters",
      { url: `http://a.example/${"x".repeat(2_032)}` },
      "an address of 2049 characters, the device takes 2048",
    ],
  ])("with %s cannot be used, and says why", (_label, change, mistake) => {
    expect(checkOffer({ ...raw, ...change }, "1")).toMatchObject({ mistake });
  });

  test.each([
    ["no URL", { url: "" }],
    ["a URL that is an object", { url: {} }],
    ["no URL in a list", { url: [] }],
    ["the device's version and no URL to use", { version: "1", url: "x://" }],
  ])("with %s is none", (_label, change) => {
    expect(checkOffer({ ...raw, ...change }, "1")).toBeUndefined();
  });

  test.each<[object, object]>([
    [{}, { urls: ["http://f.example/x"], sha256: hash, sizeBytes: 1 }],
    [{ version: 2 }, { version: "2" }],
    [{ url: " http://f.example/x\n" }, { urls: ["http://f.example/x"] }],
    [{ url: ["http://a.example/x", {}, "https://b.example"] }, { urls: ["http://a.example/x", "https://b.example/"] }],
    [{ url: Array(9).fill("http://a.example") }, { urls: Array(4).fill("http://a.example/") }],
    [{ url: `http://a.example/${"x".repeat(2_031)}` }, { urls: [`http://a.example/${"x".repeat(2_031)}`] }],
    [{ notes: "a\u001b[2J\nb" }, { notes: "a [2J b" }],
    [{ notes: "x".repeat(1_000) }, { notes: "x".repeat(400) }],
    [{ sizeBytes: -1 }, { sizeBytes: undefined }],
    [{ sizeBytes: 1e12 }, { sizeBytes: undefined }],
    [{ checksum: "md5:abc" }, { sha256: undefined }],
    [{ checksum: `${hash}00` }, { sha256: undefined }],
  ])("with %j has %j", (change, expected) => {
    expect(checkOffer({ ...raw, ...change }, "1")).toMatchObject(expected);
  });
});
