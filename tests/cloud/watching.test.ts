/** Watching and commanding: an observer of all messages, and any command from the page. */
import { expect, test } from "vitest";
import type { MockCloud } from "../../mocks/cloud/cloud.js";
import { closed, connect, connectService, connectXiaozhi, inboxOf, mac, postForm, startCloud } from "./support.js";

/** As the terminal says it. */
function observe(cloud: MockCloud) {
  const [, port, username, password] = /-p (\d+) -u (\S+) -P (\S+) -v -t '#'$/.exec(cloud.observing)!;
  expect(Number(port)).toBe(cloud.mqttPort);
  return { username: username!, password: password! };
}

test("who has the terminal's name and password sees what goes through the broker and the gateway, and changes nothing", async () => {
  const cloud = await startCloud({ autoRegister: true });
  const observer = await connect(cloud, observe(cloud));
  await observer.subscribeAsync("#");
  const { client, topics } = await connectService(cloud);
  await client.publishAsync(topics.data, '{"sensor":1}', { qos: 1 });
  const { client: spoken } = await connectXiaozhi(cloud);
  await spoken.publishAsync("device-server", '{"type":"hello","version":3,"transport":"udp"}');
  const seen = () => inboxOf(observer).map(({ topic, text }) => `${topic} ${text}`);
  await expect.poll(seen).toContain(`${topics.data} {"sensor":1}`);
  await expect.poll(seen).toContainEqual(expect.stringMatching(/^device-server .*"hello"/));

  const end = closed(observer);
  observer.publish(topics.control, '{"cmd":"reboot"}');
  await end;
  expect(inboxOf(client)).toEqual([]);
  await expect(connect(cloud, { ...observe(cloud), password: "guessed" })).rejects.toThrow();
});

test("devices of an AWS account beside the cloud stand on the page, as text", async () => {
  const device = {
    name: "<SN-1>",
    certificateId: "0a1b2c3d",
    online: true,
    last: "devices/SN-1/data {}",
    lastSeenMs: 0,
  };
  const cloud = await startCloud({ awsDevices: () => [device] });
  const page = await (await fetch(cloud.url)).text();
  expect(page).toMatch(/&lt;SN-1&gt;.*Online.*AWS IoT.*0a1b2c3d.*devices\/SN-1\/data \{\}/s);
  expect(await (await fetch(`${cloud.url}/admin/state`)).json()).toMatchObject({ awsDevices: [device] });
});

test("any command is typed into the page, which shows the answer", async () => {
  const cloud = await startCloud({ autoRegister: true });
  const { client, topics } = await connectService(cloud);
  await client.subscribeAsync(topics.control);
  client.on("message", (_topic, payload) => {
    const { cmd, id } = JSON.parse(payload.toString());
    client.publish(topics.status, JSON.stringify({ online: true }));
    client.publish(topics.status, JSON.stringify({ cmd, id, ok: true, result: "<done>" }));
  });
  const page = await (await fetch(cloud.url)).text();
  expect(page).toMatch(new RegExp(`id="command-mac"[^>]*value="${mac}"`));
  const command = '{"cmd":"set","settings":{"logLevel":"debug"}}';
  const response = await postForm(`${cloud.url}/devices/command`, { mac, command });
  const html = await response.text();
  expect(response.status).toBe(200);
  expect(html).toMatch(/role="status">The device answers \{&quot;cmd&quot;:&quot;set&quot;,.*&lt;done&gt;/);
  expect(html).toContain(`value="${command.replaceAll('"', "&quot;")}"`);
});

test.each([
  ["no JSON", mac, "ping", "command: a JSON object is needed"],
  ["a device that is not there", mac, '{"cmd":"ping"}', "command: the device is not connected"],
  ["no MAC", "7C", '{"cmd":"ping"}', "mac:"],
])("%s: the form comes back with what was typed", async (_what, to, command, wrong) => {
  const cloud = await startCloud();
  const response = await postForm(`${cloud.url}/devices/command`, { mac: to, command });
  const html = await response.text();
  expect(response.status).toBe(400);
  expect(html).toContain(`role="alert">${wrong}`);
  expect(html).toContain(`value="${command.replaceAll('"', "&quot;")}"`);
});
