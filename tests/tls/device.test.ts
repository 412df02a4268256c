import { describe, expect, test } from "vitest";
import { keyPem, pem } from "../../mocks/certificates.js";
import { watchTrial } from "../../mocks/phone.js";
import type { Reason } from "../../modules/base/failure.js";
import { fillIn, introduce, openCloud, openDevice, portalUrl, STEP_MS, untilDone } from "../journey/support.js";
import { until } from "../moddable/support.js";
import { authority, badCertificates, goodCertificate } from "./identities.js";

const root = authority("ec");
const good = goodCertificate(root, "ec");

const identityOf = (server: typeof good) => ({ key: keyPem(server), cert: pem(server) });

async function cloudWith(server: typeof good, broker = good) {
  return openCloud({ autoRegister: true, tls: identityOf(server), brokerTls: identityOf(broker) });
}

test("from a blank board to the broker, with both services and the broker over TLS and a calendar that nobody set", async () => {
  const cloud = await cloudWith(good);
  for (const path of ["", "/xiaozhi/ota/"]) {
    const device = openDevice({ trustAnchors: [pem(root)] });
    await device.start();
    introduce(cloud, device);
    await device.waitFor("portal", STEP_MS);
    await fillIn(device, `${cloud.httpsUrl}${path}`);
    if (path) {
      const { code } = await device.waitFor("activating", STEP_MS);
      cloud.enterCode(String(code));
    }
    const reports: string[] = [];
    const stop = cloud.onMessage((topic) => reports.push(topic));
    await untilDone(device);
    await device.waitFor("online", STEP_MS);
    await until(() => reports.length > 1, "status and data");
    stop();
  }
}, 180_000);

test("a broker's certificate for another name: the page says so, and the device lives on", async () => {
  const [, , [, reason, certificate]] = badCertificates(root, "ec") as [
    unknown,
    unknown,
    [string, Reason, typeof good],
  ];
  const cloud = await cloudWith(good, certificate);
  const device = openDevice({ trustAnchors: [pem(root)] });
  const restarts: string[] = [];
  device.on("restart", (why) => restarts.push(why));
  await device.start();
  await device.waitFor("portal", STEP_MS);
  await fillIn(device, cloud.httpsUrl);
  expect(await watchTrial(portalUrl(device), ["failed"], STEP_MS)).toMatchObject({
    failure: { reason, detail: expect.stringContaining("127.0.0.1:") },
    done: ["associated", "address", "name", "service"],
  });
  expect(restarts).not.toContain("crash");
}, 180_000);

describe("the page says what is wrong with a certificate, and the device lives on:", () => {
  // No time server answers a virtual device: a certificate that is to come may have come.
  const bad = badCertificates(root, "ec").filter(([name]) => name !== "not yet valid");
  test.each(bad)("%s: %s", async (_name, reason, certificate) => {
    const cloud = await cloudWith(certificate);
    const device = openDevice({ trustAnchors: [pem(root)] });
    const restarts: string[] = [];
    device.on("restart", (why) => restarts.push(why));
    await device.start();
    await device.waitFor("portal", STEP_MS);
    await fillIn(device, cloud.httpsUrl);
    expect(await watchTrial(portalUrl(device), ["failed"], STEP_MS)).toMatchObject({
      failure: { reason },
      done: ["associated", "address", "name"],
    });
    expect(restarts).not.toContain("crash");
  });
});
