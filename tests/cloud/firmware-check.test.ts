import { expect, test } from "vitest";
import type { FirmwareOffer } from "../../mocks/cloud/settings.js";
import { deviceInfo, type InfoReply, mac, type OtaReply, postJson, query, startCloud } from "./support.js";

const offer: FirmwareOffer = {
  version: "1.1.0",
  url: "http://127.0.0.1/firmware.bin",
  fileSizeBytes: 1_048_576,
  sha256: "ab".repeat(32),
  changelog: "修复了一些bug",
  force: true,
};

const checkRequest = { mac_address: mac, current_version: "1.0.0", product_id: 1 };

test("another version is offered, a downgrade too; the same version is not", async () => {
  const cloud = await startCloud({ firmware: offer, rateLimited: false });
  cloud.register(mac);
  const check = async (current_version: string) =>
    (await (await postJson(`${cloud.url}/firmware/check`, { ...checkRequest, current_version })).json()) as unknown;
  expect(await check("1.0.0")).toEqual({
    update_available: true,
    current_version: "1.0.0",
    latest_version: "1.1.0",
    download_url: offer.url,
    file_size: 1_048_576,
    checksum: `sha256:${offer.sha256}`,
    changelog: offer.changelog,
    message: "有新版本可用",
  });
  expect(await check("9.0.0")).toMatchObject({ update_available: true, latest_version: "1.1.0" });
  expect(await check("1.1.0")).toMatchObject({ update_available: false });
  cloud.offerFirmware(null);
  expect(await check("1.0.0")).toMatchObject({ update_available: false, latest_version: "1.0.0" });
});

test("device/info offers it: prefixed checksum in the full shape, bare hex in the sparse one", async () => {
  const cloud = await startCloud({ firmware: offer });
  cloud.register(mac);
  const update = async () => ((await (await deviceInfo(cloud)).json()) as InfoReply).firmware_update;
  expect(await update()).toMatchObject({ available: true, version: "1.1.0", checksum: `sha256:${offer.sha256}` });
  cloud.settings.replyShape = "sparse";
  expect(await update()).toMatchObject({ checksum: offer.sha256 });
});

test("xiaozhi offers it with force as a number; without an offer the version is the device's own", async () => {
  const cloud = await startCloud({ firmware: offer });
  const firmware = async () => ((await (await query(cloud)).json()) as OtaReply).firmware;
  expect(await firmware()).toEqual({ version: "1.1.0", url: offer.url, force: 1 });
  cloud.offerFirmware({ ...offer, force: false });
  expect(await firmware()).toEqual({ version: "1.1.0", url: offer.url });
  cloud.offerFirmware(null);
  expect(await firmware()).toEqual({ version: "1.2.3", url: expect.stringContaining("INVALID_URL") });
});

test.each([
  ["unknown", checkRequest, 404],
  ["without current_version", { ...checkRequest, current_version: undefined }, 422],
  ["without product_id", { ...checkRequest, product_id: undefined }, 422],
])("a device %s is refused", async (_, request, status) => {
  const cloud = await startCloud();
  expect((await postJson(`${cloud.url}/firmware/check`, request)).status).toBe(status);
});

test("product_id is a number or a string", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  for (const product_id of [1, "P1"]) {
    expect((await postJson(`${cloud.url}/firmware/check`, { ...checkRequest, product_id })).status).toBe(200);
  }
});
