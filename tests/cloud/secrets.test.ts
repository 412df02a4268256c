import { expect, test } from "vitest";
import {
  activate,
  activateBody,
  connect,
  connectService,
  hmacKeyHex,
  mac,
  type OtaReply,
  postForm,
  query,
  queryActivation,
  serial,
  sign,
  startCloud,
} from "./support.js";

test("no password, key, token or signature is on the pages, in the state or in the log", async () => {
  const lines: string[] = [];
  const cloud = await startCloud({ devices: [{ mac, serial, hmacKeyHex }], log: (line) => lines.push(line) });
  const { code, challenge } = await queryActivation(cloud);
  await activate(cloud, activateBody(challenge));
  const shownWhileWaiting = await (await fetch(cloud.url)).text();
  await postForm(`${cloud.url}/activate`, { code });
  const xiaozhi = (await (await query(cloud)).json()) as OtaReply;
  const { info } = await connectService(cloud);
  await connect(cloud, { clientId: "x", username: info.device_id, password: "guess-1" }).catch(() => undefined);
  const state = await (await fetch(`${cloud.url}/admin/state`)).text();
  const page = await (await fetch(cloud.url)).text();

  const behaviour = await (await fetch(`${cloud.url}/behaviour`)).text();

  const shown = [...lines, shownWhileWaiting, state, page, behaviour].join("\n");
  expect(shown).toContain(mac);
  const secrets = [
    info.device_secret!,
    xiaozhi.mqtt!.password,
    xiaozhi.websocket!.token,
    hmacKeyHex,
    sign(challenge),
    "guess-1",
  ];
  for (const secret of secrets) expect(shown).not.toContain(secret);
});

test("a code is shown to who runs the cloud while it waits; to nobody else, and not in the log", async () => {
  const lines: string[] = [];
  const cloud = await startCloud({ log: (line) => lines.push(line) });
  const shown = async (path: string) => (await fetch(cloud.url + path)).text();
  const { code } = await queryActivation(cloud);
  expect(await shown("/")).toContain(`<strong class="waiting-code">${code}</strong>`);
  expect(JSON.parse(await shown("/admin/state"))).toMatchObject({ devices: [{ mac, code }] });
  // Devices send people there.
  expect(await shown("/activate")).not.toContain(code);
  await postForm(`${cloud.url}/activate`, { code });
  expect(await shown("/")).not.toContain(code);
  expect(JSON.parse(await shown("/admin/state"))).toMatchObject({ devices: [{ mac, code: null }] });
  expect(lines.join("\n")).not.toContain(code);
});

test("every log line is one line of printable text", async () => {
  const lines: string[] = [];
  const cloud = await startCloud({ log: (line) => lines.push(line) });
  const { client, info } = await connectService(cloud);
  await client.publishAsync(`devices/${info.device_uuid}/a\u001b[31m\nb`, "x", { qos: 1 });
  await expect.poll(() => lines.some((line) => line.includes("published"))).toBe(true);
  await fetch(`${cloud.url}/%0a%1b`);
  for (const line of lines) expect(line).toMatch(/^[^\p{Cc}]+$/u);
});
