/** A company's own CA that nobody but the person at the portal's page knows of. */
import { expect, test } from "vitest";
import { keyPem, pem } from "../../mocks/certificates.js";
import { readPage, sendForm, watchTrial } from "../../mocks/phone.js";
import { openCloud, openDevice, portalUrl, STEP_MS, untilDone, WIFI } from "../journey/support.js";
import { until } from "../moddable/support.js";
import { authority, goodCertificate } from "./identities.js";

const root = authority("ec", "Example Ltd Root");
const server = goodCertificate(root, "ec");
const identity = { key: keyPem(server), cert: pem(server) };
const stranger = authority("ec", "Somebody else");

test("without it, and with another one, the service is refused; with it the device comes online, until it is forgotten", async () => {
  const cloud = await openCloud({ autoRegister: true, tls: identity, brokerTls: identity });
  const device = openDevice();
  const restarts: string[] = [];
  device.on("restart", (why) => restarts.push(why));
  await device.start();
  await device.waitFor("portal", STEP_MS);
  const send = (text: string) => sendForm(portalUrl(device), { ...WIFI, url: cloud.httpsUrl, pem: text });
  const refused = { failure: { reason: "tls-untrusted" }, done: ["associated", "address", "name"], kept: false };

  for (const text of ["", pem(stranger)]) {
    expect((await send(text)).status).toBe(303);
    await watchTrial(portalUrl(device), ["trying"], STEP_MS);
    expect(await watchTrial(portalUrl(device), ["failed"], STEP_MS)).toMatchObject(refused);
  }
  expect(await readPage(portalUrl(device))).toContain("The server’s TLS certificate is not trusted.".replace("’", "'"));

  const wrong = await send(pem(server));
  expect([wrong.status, await wrong.text()]).toEqual([422, expect.stringContaining("not a CA’s")]);

  expect((await send(pem(root))).status).toBe(303);
  await untilDone(device);
  const reports: string[] = [];
  cloud.onMessage((topic) => reports.push(topic));
  await device.waitFor("online", STEP_MS);
  await until(() => reports.length > 1, "status and data");

  device.pressButton(4_000);
  await device.waitFor("portal", STEP_MS);
  expect(await readPage(portalUrl(device))).toMatch(/CA: <bdi>Example Ltd Root<\/bdi>, until \d{4}-\d\d-\d\d</);
  expect((await sendForm(portalUrl(device), { stored: "authorities" }, "/forget")).status).toBe(303);
  expect(await readPage(portalUrl(device))).not.toContain("Example Ltd Root");
  await send("");
  await watchTrial(portalUrl(device), ["trying"], STEP_MS);
  expect(await watchTrial(portalUrl(device), ["failed"], STEP_MS)).toMatchObject(refused);
  expect(restarts).not.toContain("crash");
}, 180_000);
