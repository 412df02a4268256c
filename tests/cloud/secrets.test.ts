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

test("no password, key, token, code or signature is on the page, in the state or in the log", async () => {
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

  const shown = [...lines, shownWhileWaiting, state, page].join("\n");
  expect(shown).toContain(mac);
  const secrets = [
    info.device_secret!,
    xiaozhi.mqtt!.password,
    xiaozhi.websocket!.token,
    hmacKeyHex,
    code,
    sign(challenge),
    "guess-1",
  ];
  for (const secret of secrets) expect(shown).not.toContain(secret);
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
