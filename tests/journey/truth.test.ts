/** What the page says when something is wrong: produced by the radio and the cloud, read back from the page. */
import { describe, expect, test } from "vitest";
import { keyPem, pem } from "../../mocks/certificates.js";
import type { VirtualDeviceOptions } from "../../mocks/device/virtual-device.js";
import { readPage, sendForm, watchTrial } from "../../mocks/phone.js";
import { en } from "../../softap/page/en.js";
import { zhCn } from "../../softap/page/zh-cn.js";
import { authority, goodCertificate } from "../tls/identities.js";
import { openCloud, openDevice, portalUrl, STEP_MS, WIFI } from "./support.js";

const stranger = authority("ec");
const certificate = goodCertificate(stranger, "ec");

type Wrong = [
  name: string,
  reason: Parameters<typeof en.advice>[0],
  network: object,
  fields: (cloud: Awaited<ReturnType<typeof openCloud>>) => Record<string, string>,
];

const wrongs: Wrong[] = [
  ["a wrong password", "wifi-password", {}, ({ url }) => ({ url, password: "not-the-password" })],
  ["a network that is not there", "wifi-not-found", {}, ({ url }) => ({ url, ssid: "Nowhere" })],
  ["a network that lets nobody in", "wifi-refused", { refuseFirst: 9 }, ({ url }) => ({ url })],
  ["no address from the router", "wifi-no-address", { noAddress: true }, ({ url }) => ({ url })],
  ["no internet", "no-internet", { internet: false }, () => ({ url: "http://provision.example.com" })],
  ["a name that nobody knows", "name-unknown", {}, () => ({ url: "http://no-such-service.invalid" })],
  ["nothing at the address", "unreachable", {}, () => ({ url: "http://127.0.0.1:9" })],
  ["a service that does not know the device", "not-registered", {}, ({ url }) => ({ url })],
  [
    "a service that refuses with a status of its own",
    "unexpected-status",
    {},
    (cloud) => {
      cloud.faults.add("device-info", { kind: "status", status: 418, body: '{"error":"<teapot>"}' });
      return { url: cloud.url };
    },
  ],
  [
    "a service that has a fault",
    "server-error",
    {},
    (cloud) => {
      cloud.faults.add("ota", { kind: "error-in-200", form: "code-500" });
      return { url: cloud.xiaozhiUrl };
    },
  ],
  [
    "a service that does not answer",
    "timeout",
    {},
    (cloud) => {
      cloud.faults.add("device-info", { kind: "hang" });
      return { url: cloud.url };
    },
  ],
  ["a certificate that nobody vouches for", "tls-untrusted", {}, ({ httpsUrl }) => ({ url: httpsUrl })],
];

describe("on the phone, before anything is kept:", () => {
  test.each(wrongs)(
    "%s",
    async (_name, reason, network, fields) => {
      const cloud = await openCloud({ tls: { key: keyPem(certificate), cert: pem(certificate) } });
      const options: VirtualDeviceOptions = { radio: { networks: [{ ...WIFI, channel: 6, ...network }] } };
      const device = openDevice(options);
      await device.start();
      await device.waitFor("portal", STEP_MS);
      await sendForm(portalUrl(device), { ...WIFI, ...fields(cloud) });
      expect(await watchTrial(portalUrl(device), ["failed"], 40_000)).toMatchObject({
        failure: { reason },
        kept: false,
      });
      for (const [language, texts] of [
        ["en", en],
        ["zh-CN", zhCn],
      ] as const)
        expect(await readPage(`${portalUrl(device)}?lang=${language}`)).toContain(texts.advice(reason));
      // The refusal's status is the other side's word.
      if (reason === "unexpected-status")
        expect(await readPage(portalUrl(device))).toContain("(418: &#60;teapot&#62;)");
      expect(device.state).toMatchObject({ state: "portal", reason });
    },
    180_000,
  );
});
