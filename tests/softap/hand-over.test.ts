/** What a phone's app hands over, from the form to the flash. */

import { expect } from "vitest";
import { makeCertificate, pem } from "../../mocks/certificates.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { CLAIM } from "../../provisioning/claim.js";
import { TOKEN } from "../../provisioning/token.js";
import { life, MINUTE, pass, withSettings } from "../lifecycle/support.js";
import { build } from "../scripted/build.js";
import { SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";

const form = { ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL };
const own = makeCertificate({ subject: "claim", isAuthority: true });
const privateKey = String(own.key.export({ type: "pkcs8", format: "pem" }));
const claim = pem(own) + privateKey;
const token = "secret-token-0123456789";

const kept = (world: World) => [
  CLAIM.read(world.device.store)?.key.reveal(),
  TOKEN.read(world.device.store)?.token.reveal(),
];
const keyText = privateKey.replace(/-----[A-Z ]+-----|\s/g, "");
const flashOf = (world: World) => [...world.store.entries.values()].join();

life("a claim is kept with the settings that it came with, and never shown", async ({ boot }) => {
  const world = boot({});
  await world.untilState("portal");
  expect(world.fillIn({ ...form, pem: "no PEM" }).status).toBe(422);
  world.fillIn({ ...form, pem: claim });
  expect(kept(world)).toEqual([undefined, undefined]);
  await world.until(() => world.phase === "done");
  expect(kept(world)).toEqual([keyText, undefined]);
  expect(world.visit({}).body).not.toContain(keyText.slice(0, 40));
});

life("a claim that came with a wrong password is there for the next try", async ({ boot }) => {
  const world = boot({});
  await world.untilState("portal");
  world.fillIn({ ...form, password: "wrong-password", pem: claim });
  await world.until(() => world.phase === "failed");
  expect(kept(world)).toEqual([undefined, undefined]);
  world.fillIn({ ...form, pem: "" });
  await world.until(() => world.phase === "done");
  expect(kept(world)).toEqual([keyText, undefined]);
});

life("a token is kept, told of, and forgotten as a claim is", async ({ boot }) => {
  const world = boot({});
  await world.untilState("portal");
  world.fillIn({ ...form, pem: JSON.stringify({ deviceToken: token }) });
  await world.until(() => world.phase === "done");
  expect(kept(world)).toEqual([undefined, token]);
  const later = boot({}, new ScriptedStore(new Map([...world.store.entries, ["portal", "1"]])));
  await later.untilState("portal");
  expect(later.visit({}).body).toContain('name="stored" value="claim"');
  expect(later.visit({}).body).not.toContain(token);
  later.fillIn({ stored: "claim", ssid: "" }, "/forget");
  expect(kept(later)).toEqual([undefined, undefined]);
  expect(flashOf(later)).not.toContain(token);
  expect(later.visit({}).body).not.toContain('name="stored" value="claim"');
});

const document = { endpoint: "x-ats.iot.y", templateName: "fleet", certificatePem: pem(own), privateKey };

life("a document's address takes the place of the one in the form, and whatever that speaks", async ({ boot }) => {
  const world = boot({});
  await world.untilState("portal");
  const sent = { ...form, url: "ftp://nonsense", protocol: "activation-v2", pem: JSON.stringify(document) };
  expect(world.fillIn(sent).status).toBe(303);
  await world.until(() => world.phase === "failed" || world.phase === "done");
  expect(world.visit({}).body).toContain("mqtts://x-ats.iot.y/fleet");
});

life("but not that of the build, where that locks it", async ({ boot }) => {
  const world = boot({}, undefined, ({ device }) => {
    Object.assign(device, { build: { ...build, provisioningUrl: SERVICE_URL, provisioningUrlLocked: true } });
  });
  await world.untilState("portal");
  expect(world.fillIn({ ...form, pem: JSON.stringify(document) }).status).toBe(303);
  await world.until(() => world.phase === "done");
  expect(SETTINGS.read(world.device.store)?.url).toBe(`${SERVICE_URL}/`);
});

life("a document that is not understood is said of its field, and nothing is tried", async ({ boot }) => {
  const portal = boot({}, new ScriptedStore(new Map([...withSettings().entries, ["portal", "1"]])));
  await portal.untilState("portal");
  const reply = portal.fillIn({ ...form, pem: JSON.stringify({ ...document, templateName: "a b" }) });
  expect(reply.status).toBe(422);
  expect(reply.body).toContain('id="pem-error">This JSON document is not understood.');
  expect(reply.body).not.toContain(keyText.slice(0, 40));
  expect(portal.phase).toBe("idle");
});

life("the minutes that a claim has left are told where the calendar can know them", async ({ boot }) => {
  const world = boot({});
  await world.untilState("portal");
  const { clock } = world;
  const left = () => /is stored\.(?: \((\d+) min\))?/.exec(world.visit({ path: "/?change" }).body)?.[1];
  const hand = (expiration: number) => {
    const sent = { certificatePem: pem(own), privateKey, expiration };
    return world.fillIn({ ...form, password: "wrong-password", pem: JSON.stringify(sent) });
  };
  hand(Date.UTC(2026, 10, 28) / 1_000);
  expect(left()).toBeUndefined();
  hand(clock.nowMs() / 1_000 + 299);
  expect(left()).toBe("4");
  await pass(world, 4 * MINUTE);
  expect(left()).toBe("0");
  world.fillIn({ stored: "claim", ssid: "" }, "/forget");
  expect(world.visit({ path: "/?change" }).body).not.toContain("is stored");
});

life("a program sends the document as a text in its own JSON", async ({ boot }) => {
  const world = boot({});
  await world.untilState("portal");
  const headers = new Map([["content-type", "application/json"]]);
  const pageToken = /name="token" value="([0-9a-f]+)"/.exec(world.visit({}).body)![1]!;
  const send = (pem: string) =>
    world.visit({ method: "POST", path: "/", headers, body: JSON.stringify({ ...form, token: pageToken, pem }) });
  const refused = send(JSON.stringify({ ...document, certificatePem: undefined }));
  expect([refused.status, JSON.parse(refused.body)]).toEqual([422, { errors: { pem: "claim-invalid" } }]);
  expect(send(JSON.stringify(document)).status).toBe(202);
  expect(world.visit({}).body).toContain("mqtts://x-ats.iot.y/fleet");
});
