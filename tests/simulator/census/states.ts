/** Brings the agent in the simulator into a state, with the mock cloud on the other side. */
import { keyPem, makeCertificate, pem } from "../../../mocks/certificates.js";
import { MockCloud } from "../../../mocks/cloud/cloud.js";
import { sendForm, watchTrial } from "../../../mocks/phone.js";
import { authority, goodCertificate } from "../../tls/identities.js";
import { FACTORY, MAC, type openApp, type Watch } from "../app.js";

type App = Awaited<ReturnType<typeof openApp>>;

const STATES = ["portal", "activating", "online", "activating-tls", "online-tls"] as const;
export type State = (typeof STATES)[number];

export const isState = (text: string): text is State => (STATES as readonly string[]).includes(text);
export const stateNames = STATES.join(", ");

const DEVICE = { mac: MAC, serial: FACTORY.serial, hmacKeyHex: FACTORY.hmac_key };

/** @returns what ends the mock cloud */
export async function bringInto(state: State, app: App, watch: Watch): Promise<() => Promise<void>> {
  await watch.untilState("portal");
  if (state === "portal") return async () => {};
  const { cloud, fields } = state.endsWith("-tls") ? overTls() : inPlain();
  await cloud.start();
  await sendForm(app.portal, { ssid: "census", password: "simulated", url: addressOf(cloud, state), ...fields });
  await watch.untilState("activating");
  if (!state.startsWith("online")) return () => cloud.stop();
  const { code } = watch.states.find((event) => event.state === "activating")!;
  cloud.enterCode(String(code));
  await watchTrial(app.portal, ["done"], 60_000);
  await watch.untilState("online");
  // The portal's last answers and the first reports are over.
  await new Promise((done) => setTimeout(done, 15_000));
  return () => cloud.stop();
}

const addressOf = (cloud: MockCloud, state: State) =>
  state.endsWith("-tls") ? `${cloud.httpsUrl}/xiaozhi/ota/` : cloud.xiaozhiUrl;

function inPlain() {
  return { cloud: new MockCloud({ httpPort: 0, mqttPort: 0, devices: [DEVICE] }), fields: {} };
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
