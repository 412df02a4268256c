import { describe, expect, test } from "vitest";
import { watchTrial } from "../../mocks/phone.js";
import { fillIn, introduce, openCloud, openDevice, portalUrl, STEP_MS, untilDone } from "../journey/support.js";
import { keyPem, pem } from "./certificates.js";
import { authority, badCertificates, goodCertificate } from "./identities.js";

const root = authority("ec");
const good = goodCertificate(root, "ec");

async function cloudWith(server: typeof good) {
  return openCloud({ autoRegister: true, tls: { key: keyPem(server), cert: pem(server) } });
}

test("from a blank board to the broker, with both services over TLS and a calendar that nobody set", async () => {
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
    await untilDone(device);
    await device.waitFor("online", STEP_MS);
  }
}, 60_000);

describe("the page says what is wrong with a certificate, and the device lives on:", () => {
  test.each(badCertificates(root, "ec"))("%s: %s", async (_name, reason, certificate) => {
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
