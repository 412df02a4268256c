/** Brings the agent in the simulator into a state, with the mock cloud on the other side. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { keyPem, makeCertificate, pem } from "../../../mocks/certificates.js";
import { MockCloud } from "../../../mocks/cloud/cloud.js";
import { makeImage } from "../../../mocks/device/image.js";
import { sendForm, watchTrial } from "../../../mocks/phone.js";
import { firmwareKeyOf } from "../../../tools/release.js";
import { authority, goodCertificate } from "../../tls/identities.js";
import { FACTORY, MAC, type openApp, type Watch } from "../app.js";

type App = Awaited<ReturnType<typeof openApp>>;

const STATES = ["portal", "activating", "online", "activating-tls", "online-tls", "update"] as const;
export type State = (typeof STATES)[number];

export const isState = (text: string): text is State => (STATES as readonly string[]).includes(text);
export const stateNames = STATES.join(", ");

const DEVICE = { mac: MAC, serial: FACTORY.serial, hmacKeyHex: FACTORY.hmac_key };
/** The portal's last answers and the first reports are over. */
const SETTLE_MS = 15_000;
/** Long enough for a look while it is loaded. */
const IMAGE_BYTES = 3_000_000;

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
/** A build that takes what is signed with this key. */
export const signed = { firmwareKey: firmwareKeyOf(privateKey) };

/** @returns what ends the mock cloud */
export async function bringInto(state: State, app: App, watch: Watch): Promise<() => Promise<void>> {
  await watch.untilState("portal");
  if (state === "portal") return async () => {};
  const { cloud, fields } = state.endsWith("-tls") ? overTls() : inPlain();
  await cloud.start();
  await sendForm(app.portal, { ssid: "census", password: "simulated", url: addressOf(cloud, state), ...fields });
  if (state !== "update") {
    await watch.untilState("activating");
    if (state.startsWith("activating")) return () => cloud.stop();
    cloud.enterCode(String(watch.states.find((event) => event.state === "activating")!.code));
  }
  await watchTrial(app.portal, ["done"], 60_000);
  await watch.untilState("online");
  await new Promise((done) => setTimeout(done, SETTLE_MS));
  if (state === "update") await startUpdate(cloud, watch);
  return () => cloud.stop();
}

/** Firmware that is signed is offered by the device service alone, which knows the device without a code. */
function addressOf(cloud: MockCloud, state: State): string {
  if (state !== "update") return state.endsWith("-tls") ? `${cloud.httpsUrl}/xiaozhi/ota/` : cloud.xiaozhiUrl;
  cloud.register(MAC);
  return cloud.url;
}

function inPlain() {
  return { cloud: new MockCloud({ httpPort: 0, mqttPort: 0, devices: [DEVICE], rateLimited: false }), fields: {} };
}

/** As in tls.sim.ts: an authority that the portal was given. */
function overTls() {
  const root = authority("p384");
  const middle = makeCertificate({ subject: "Middle", issuer: root, keyType: "ec", isAuthority: true });
  const server = goodCertificate(middle, "ec");
  const identity = { key: keyPem(server), cert: pem(server, middle) };
  return {
    cloud: new MockCloud({ devices: [DEVICE], tls: identity, brokerTls: identity }),
    fields: { pem: pem(root) },
  };
}

async function startUpdate(cloud: MockCloud, watch: Watch): Promise<void> {
  const bytes = makeImage({ version: "0.2.0", sizeBytes: IMAGE_BYTES });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const signature = sign("sha256", bytes, privateKey).toString("hex");
  cloud.files.add({ version: "0.2.0", bytes, sha256, signature, notes: "" });
  cloud.offerFirmware(cloud.files.offer("0.2.0", cloud.url));
  await cloud.sendControl(MAC, { cmd: "update" });
  await watch.until("download", () =>
    watch.states.some(({ state, percent }) => state === "updating" && Number(percent) > 5),
  );
}
