import { expect, test } from "vitest";
import { connectService, deviceInfo, fakeClock, mac, postForm, queryActivation, startCloud } from "./support.js";

async function pageText(response: Response): Promise<string> {
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  return response.text();
}

test.each(["/", "/activate"])("%s has a labelled field for the code that suits phones", async (path) => {
  const cloud = await startCloud();
  const response = await fetch(cloud.url + path);
  expect(response.status).toBe(200);
  const html = await pageText(response);
  expect(html).toContain('<html lang="en">');
  expect(html).toMatch(/<label for="code">/);
  expect(html).toMatch(/<input id="code"[^>]*inputmode="numeric"[^>]*autocomplete="one-time-code"/);
  expect(html).toMatch(/<form method="post" action="\/activate"/);
});

test("a plain form post with the right code activates the device and says so", async () => {
  const cloud = await startCloud();
  const { code } = await queryActivation(cloud);
  const response = await postForm(`${cloud.url}/activate`, { code });
  expect([response.status, response.headers.get("location")]).toEqual([303, "/activate?notice=activated"]);
  expect(cloud.state().devices).toMatchObject([{ mac, state: "activated" }]);
  const html = await pageText(await fetch(`${cloud.url}/activate?notice=activated`));
  expect(html).toMatch(/<p id="notice" class="notice good" role="status">That worked/);
});

test("a code typed in two groups is understood", async () => {
  const cloud = await startCloud();
  const { code } = await queryActivation(cloud);
  const response = await postForm(`${cloud.url}/activate`, { code: ` ${code.slice(0, 3)} ${code.slice(3)}` });
  expect(response.status).toBe(303);
});

test.each([
  ["123456", 404, "No device is waiting with this code"],
  ["12345", 400, "A code has six digits"],
  ["abcdef", 400, "A code has six digits"],
  ["", 400, "A code has six digits"],
])("the code %j gets %i and a message", async (code, status, message) => {
  const cloud = await startCloud({ random: (byteCount) => new Uint8Array(byteCount) });
  await queryActivation(cloud);
  const response = await postForm(`${cloud.url}/activate`, { code });
  expect(response.status).toBe(status);
  const html = await pageText(response);
  expect(html).toMatch(new RegExp(`role="alert">${message}`));
  expect(html).toContain('aria-invalid="true"');
});

test("codes cannot be guessed by trying: the eleventh in a minute is refused, even the right one", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ now: clock.now });
  const { code } = await queryActivation(cloud);
  const wrong = code === "000000" ? "000001" : "000000";
  for (let count = 0; count < 10; count++) await postForm(`${cloud.url}/activate`, { code: wrong });
  expect((await postForm(`${cloud.url}/activate`, { code })).status).toBe(429);
  clock.advance(60_000);
  expect((await postForm(`${cloud.url}/activate`, { code })).status).toBe(303);
});

test("the buttons register, disable, enable and forget", async () => {
  const cloud = await startCloud();
  await deviceInfo(cloud);
  const press = async (action: string) => (await postForm(`${cloud.url}/devices`, { mac, action })).status;
  const state = () => cloud.state().devices[0]?.state;
  expect(await pageText(await fetch(cloud.url))).toContain(`aria-label="Register ${mac}"`);
  expect(await press("register")).toBe(303);
  expect(state()).toBe("registered");
  expect(await press("disable")).toBe(303);
  expect(state()).toBe("disabled");
  expect(await press("enable")).toBe(303);
  expect(state()).toBe("registered");
  expect(await press("forget")).toBe(303);
  expect(cloud.state().devices).toEqual([]);
});

test("ping, update and reboot reach a device that is online, and are offered only then", async () => {
  const cloud = await startCloud();
  const { client, topics } = await connectService(cloud);
  await client.subscribeAsync(topics.control);
  const heard: string[] = [];
  client.on("message", (_topic, payload) => heard.push(payload.toString()));
  await expect.poll(() => cloud.state().devices[0]!.actions).toContain("reboot");
  const sent = await postForm(`${cloud.url}/devices`, { mac, action: "ping" });
  expect(sent.headers.get("location")).toBe("/?notice=sent");
  await postForm(`${cloud.url}/devices`, { mac, action: "update" });
  await postForm(`${cloud.url}/devices`, { mac, action: "reboot" });
  await expect.poll(() => heard).toEqual(['{"cmd":"ping"}', '{"cmd":"update"}', '{"cmd":"reboot"}']);
  await cloud.kick(mac);
  expect(cloud.state().devices[0]!.actions).not.toContain("reboot");
  const response = await postForm(`${cloud.url}/devices`, { mac, action: "reboot" });
  expect(response.headers.get("location")).toBe("/?notice=unreachable");
});

test.each([
  ["an unknown action", { mac, action: "explode" }],
  ["no MAC", { action: "register" }],
  ["something that is not a MAC", { mac: "<script>", action: "register" }],
])("%s gets 400 and changes nothing", async (_, fields) => {
  const cloud = await startCloud();
  const response = await postForm(`${cloud.url}/devices`, fields as Record<string, string>);
  expect(response.status).toBe(400);
  expect(cloud.state().devices).toEqual([]);
});

test("forms from another site are refused", async () => {
  const cloud = await startCloud();
  for (const headers of [{ Origin: "http://evil.example" }, { "Sec-Fetch-Site": "cross-site" }, { Origin: "null" }]) {
    expect((await postForm(`${cloud.url}/devices`, { mac, action: "register" }, headers)).status).toBe(403);
    expect((await postForm(`${cloud.url}/activate`, { code: "000000" }, headers)).status).toBe(403);
  }
  expect(cloud.state().devices).toEqual([]);
});

test("nothing changes by GET", async () => {
  const cloud = await startCloud();
  await deviceInfo(cloud);
  expect((await fetch(`${cloud.url}/devices?mac=${mac}&action=register`)).status).toBe(405);
  expect(cloud.state().devices).toMatchObject([{ state: "unregistered" }]);
});
