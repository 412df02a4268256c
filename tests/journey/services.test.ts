/** Services as they stand behind balancers, proxies and hotels, from the form to the page's word about them. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { readPage, watchTrial } from "../../mocks/phone.js";
import { en } from "../../softap/page/en.js";
import { zhCn } from "../../softap/page/zh-cn.js";
import { fillIn, introduce, openCloud, openDevice, portalUrl, STEP_MS, untilRestarting, WIFI } from "./support.js";

type OnFinished = (close: () => Promise<void>) => void;

const JOURNEY_MS = 120_000;

async function listen(server: Server, onFinished: OnFinished): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onFinished(async () => void server.close());
  return (server.address() as AddressInfo).port;
}

describe.concurrent("a service", () => {
  test("that has moved to another port is found there, and asked there from then on", { timeout: JOURNEY_MS }, async ({
    onTestFinished,
  }) => {
    const cloud = await openCloud({}, onTestFinished);
    const device = openDevice({}, onTestFinished);
    await device.start();
    introduce(cloud, device);
    let asked = 0;
    const origin = new URL(cloud.deviceServiceUrl).origin;
    const old = createServer((request, response) => {
      asked++;
      response.writeHead(308, { location: origin + request.url! }).end("<h1>308 Permanent Redirect</h1>");
    });
    const port = await listen(old, onTestFinished);
    cloud.register(device.identity!.mac);
    await device.waitFor("portal", STEP_MS);
    await fillIn(device, `http://127.0.0.1:${port}/`);
    await untilRestarting(device);
    await device.waitFor("online", STEP_MS);
    // The health that shows the protocol; what it led to was asked for the settings.
    expect(asked).toBe(1);
  });

  test.for([
    ["a hotel's redirect", 302, { location: "http://login.hotel.example/?mac=02" }, "", "login.hotel.example"],
    ["a hotel's page", 200, { "content-type": "text/html" }, `<!doctype html>${"<p>".repeat(9_000)}`, ""],
    ["a network that wants a login", 511, {}, "<html>login</html>", "511"],
  ] as const)(
    "behind %s: the page says so",
    { timeout: JOURNEY_MS },
    async ([, status, headers, body, detail], { onTestFinished }) => {
      const device = openDevice({}, onTestFinished);
      await device.start();
      const hotel = createServer((_request, response) => void response.writeHead(status, headers).end(body));
      const port = await listen(hotel, onTestFinished);
      await device.waitFor("portal", STEP_MS);
      await fillIn(device, `http://127.0.0.1:${port}/`);
      expect(await watchTrial(portalUrl(device), ["failed"], STEP_MS)).toMatchObject({
        failure: { reason: "login-page" },
      });
      const page = await readPage(`${portalUrl(device)}?lang=en`);
      expect(page).toContain(en.advice("login-page"));
      expect(page).toContain(detail);
      expect(await readPage(`${portalUrl(device)}?lang=zh-CN`)).toContain(zhCn.advice("login-page"));
    },
  );

  test("of version 2 alone tells version 1 why, in its own words", { timeout: JOURNEY_MS }, async ({
    onTestFinished,
  }) => {
    const cloud = await openCloud({ dialect: "go" }, onTestFinished);
    const device = openDevice({}, onTestFinished);
    await device.start();
    introduce(cloud, device);
    await device.waitFor("portal", STEP_MS);
    await fillIn(device, cloud.xiaozhiUrl, { ...WIFI, protocol: "activation-v1" } as typeof WIFI);
    expect(await watchTrial(portalUrl(device), ["failed"], STEP_MS)).toMatchObject({
      failure: { reason: "unsigned-refused" },
    });
    expect(await readPage(`${portalUrl(device)}?lang=en`)).toContain("400: 不支持的算法");
  });
});
