/** What the operator's page has beside codes and devices: keys, the broker, passwords, and forms that come back. */
import { expect, test } from "vitest";
import {
  activate,
  activateBody,
  closed,
  connect,
  connectService,
  connectXiaozhi,
  deviceInfo,
  hmacKeyHex,
  inboxOf,
  mac,
  postForm,
  postJson,
  queryActivation,
  serial,
  startCloud,
} from "./support.js";

const page = async (url: string) => (await fetch(url)).text();
const landing = async (response: Promise<Response>) => (await response).headers.get("location");

test("a serial number and its key are typed in; signatures are checked from then on, the key is nowhere", async () => {
  const lines: string[] = [];
  const cloud = await startCloud({ log: (line) => lines.push(line) });
  const { challenge } = await queryActivation(cloud);
  const bad = activateBody(challenge, { hmac: "0".repeat(64) });
  expect((await activate(cloud, bad)).status).toBe(202);
  expect(await page(cloud.url)).toContain(`${serial}</span> · key unknown`);
  const fields = { mac: mac.replaceAll(":", "-").toLowerCase(), serial: ` ${serial} `, hmacKeyHex: ` ${hmacKeyHex}` };
  expect(await landing(postForm(`${cloud.url}/devices/key`, fields))).toBe("/?notice=done");
  expect((await activate(cloud, bad)).status).toBe(401);
  expect((await activate(cloud, activateBody(challenge))).status).toBe(202);
  const html = await page(cloud.url);
  expect(html).toContain(`${serial}</span> · key known`);
  expect([html, await page(`${cloud.url}/admin/state`), ...lines].join("\n")).not.toContain(hmacKeyHex);
});

test.each([
  ["hmacKeyHex", { mac, serial, hmacKeyHex: "secret-but-no-hex" }],
  ["serial", { mac, serial: "S".repeat(65), hmacKeyHex }],
  ["mac", { mac: '<b>"', serial, hmacKeyHex }],
])("a wrong %s: the form comes back open with what was typed, but for the key", async (wrong, fields) => {
  const cloud = await startCloud();
  const response = await postForm(`${cloud.url}/devices/key`, fields);
  const html = await response.text();
  expect(response.status).toBe(400);
  expect(html).toMatch(new RegExp(`role="alert">${wrong}:`));
  const form = /<details class="register" open>.*?<\/details>/s.exec(html)![0];
  expect(form).toContain(`value="${fields.serial}"`);
  expect(form).toMatch(new RegExp(`name="${wrong}"[^>]*aria-invalid="true"`));
  expect(form.match(/aria-invalid/g)).toHaveLength(1);
  expect(html).not.toContain(fields.hmacKeyHex);
  expect(html).not.toContain("<b>");
  expect(cloud.state().devices).toEqual([]);
});

test("a MAC that is none comes back into the form where it was typed", async () => {
  const cloud = await startCloud();
  const html = await (await postForm(`${cloud.url}/devices`, { mac: "AA:BB:CC", action: "register" })).text();
  expect(html).toMatch(/<input id="mac"[^>]*value="AA:BB:CC" aria-invalid="true"/);
});

test("buttons: the password is revoked, the device disconnected, each only where there is something to do", async () => {
  const cloud = await startCloud();
  await deviceInfo(cloud);
  expect(cloud.state().devices[0]!.actions).toEqual(["register", "disable", "forget"]);
  const { client, info } = await connectService(cloud);
  await expect.poll(() => cloud.state().devices[0]!.actions).toContain("kick");
  const { username, password } = info.mqtt_config;
  expect(await landing(postForm(`${cloud.url}/devices`, { mac, action: "revoke" }))).toBe("/?notice=done");
  const gone = closed(client);
  expect(await landing(postForm(`${cloud.url}/devices`, { mac, action: "kick" }))).toBe("/?notice=done");
  await gone;
  await expect(connect(cloud, { clientId: info.device_uuid, username, password })).rejects.toMatchObject({ code: 4 });
  expect(await landing(postForm(`${cloud.url}/devices`, { mac, action: "kick" }))).toBe("/?notice=unreachable");
});

test("the API revokes and disconnects, too", async () => {
  const cloud = await startCloud();
  const admin = async (name: string, body: object) => (await postJson(`${cloud.url}/admin/${name}`, body)).status;
  for (const name of ["revoke", "kick"]) expect(await admin(name, { mac })).toBe(404);
  const { client } = await connectService(cloud);
  const gone = closed(client);
  expect(await admin("revoke", { mac })).toBe(200);
  expect(await admin("kick", { mac })).toBe(200);
  await gone;
  const renewed = (await (await deviceInfo(cloud)).json()) as { mqtt_config: { password: string } };
  expect(renewed.mqtt_config.password).toMatch(/^[0-9a-f]{64}$/);
  for (const body of [{}, { runs: 1 }, { runs: "yes" }]) expect(await admin("broker", body)).toBe(400);
});

test.each([
  ["the page", (url: string, runs: boolean) => postForm(`${url}/broker`, { runs: String(runs) })],
  ["the API", (url: string, runs: boolean) => postJson(`${url}/admin/broker`, { runs })],
])("%s stops the broker and starts it again, and says how it is", async (_, send) => {
  const cloud = await startCloud();
  const { client, info } = await connectService(cloud);
  const { username, password } = info.mqtt_config;
  const login = { clientId: info.device_uuid, username, password };
  const gone = closed(client);
  // Twice: whoever does not know how it is may press again.
  for (let count = 0; count < 2; count++) expect((await send(cloud.url, false)).status).toBeLessThan(400);
  await gone;
  expect(cloud.state().brokerRuns).toBe(false);
  expect(await page(cloud.url)).toContain('<span id="broker-state">is stopped</span>');
  await expect(connect(cloud, login)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  for (let count = 0; count < 2; count++) expect((await send(cloud.url, true)).status).toBeLessThan(400);
  expect(await page(cloud.url)).toContain('<span id="broker-state">runs</span>');
  expect((await connect(cloud, login)).connected).toBe(true);
});

test("a ping to a xiaozhi device is one that the device answers, and the page says that it was sent", async () => {
  const cloud = await startCloud({ mcpGreeting: false });
  const { client } = await connectXiaozhi(cloud);
  await expect.poll(() => cloud.isOnline(mac)).toBe(true);
  for (const action of ["ping", "reboot"])
    expect(await landing(postForm(`${cloud.url}/devices`, { mac, action }))).toBe("/?notice=sent");
  await expect
    .poll(() => inboxOf(client).map(({ text }) => JSON.parse(text)))
    .toEqual([
      {
        type: "mcp",
        payload: expect.objectContaining({ method: "tools/call", params: { name: "ping", arguments: {} } }),
      },
      { type: "system", command: "reboot" },
    ]);
  expect(await page(`${cloud.url}/?notice=sent`)).toMatch(/role="status">Sent\./);
});
