/**
 * The device's life, as the README draws it: a state is a value; its function does what the state is for and returns
 * the next one.
 */
import type { Credentials } from "../../provisioning/credentials.js";
import type { Activation } from "../../provisioning/protocol.js";
import { type Service, serviceAt } from "../../provisioning/protocols.js";
import { openPortal, type Portal } from "../../softap/portal.js";
import { sleep } from "../clock/clock.js";
import { type Failure, failed, patienceOf } from "../failure/failure.js";
import { reportFault } from "../guard/guard.js";
import { accessPointName } from "../identity/identity.js";
import { noteFailure } from "../log/log.js";
import { retryDelayMs } from "../retry/retry.js";
import { runSession } from "../session/session.js";
import type { Settings } from "../settings/settings.js";
import { explainJoin } from "../wifi/scan.js";
import type { Device } from "./device.js";

/** `attempt` counts the failures in a row: pauses grow with it. */
type State =
  | { name: "boot" }
  | { name: "portal"; failure?: Failure; attempt: number }
  | { name: "connecting"; settings: Settings; attempt: number }
  | { name: "provisioning"; settings: Settings; attempt: number; after?: AfterActivation }
  | { name: "activating"; settings: Settings; attempt: number; activation: Activation; after?: AfterActivation }
  | { name: "online"; settings: Settings; attempt: number; credentials: Credentials; origin: "service" | "flash" }
  | { name: "offline"; settings: Settings; attempt: number; credentials: Credentials; failure: Failure }
  | { name: "failed"; settings: Settings; attempt: number; failure: Failure }
  | { name: "restarting"; why: "settings" | "command" | "fault" };

type In<Name extends State["name"]> = Extract<State, { name: Name }>;

/** What an activation ended with that is followed by a new query; a second time in a row it is a failure. */
type AfterActivation = "accepted" | "signature refused";

/** For each of two tries, from the boot or the loss of the network to the portal: a router needs a moment, a person not too long. */
const JOIN_LIMIT_MS = 15_000;
/** The stored network, tried while the portal is open. */
const REJOIN_LIMIT_MS = 15_000;
/** Somebody who reads a password from a label asks nothing of the portal for a while; joining can drop a phone. */
const PORTAL_IDLE_MS = 120_000;
/** A portal that was asked for, and that nobody visits. */
const PORTAL_ASKED_MS = 600_000;
/** The reply to the form has to reach the phone before its network goes away. */
const LAST_PAGE_MS = 1_500;
/** Without credentials a person can help: after so many failures in a row the portal opens and says why. */
const FAILURES_BEFORE_PORTAL = 3;
/** A session that ended sooner was none: its end counts as a failure to connect. */
const STABLE_SESSION_MS = 60_000;
/** A broker that closes each connection without a word refuses the credentials: so many in a row are no accident. */
const SILENT_REFUSALS = 3;
/** A broker that does not answer may have moved: the service is asked after so many tries. */
const TRIES_BEFORE_SERVICE = 4;
/** The pause before the restart after a fault of the agent itself: neither a hang nor a spin. */
const FAULT_ATTEMPT = 3;
/** Key in the store, set by the command `portal` and gone with the boot that obeys it. */
const PORTAL_ASKED = "portal";

/** Runs until the machine has to restart. Never rejects. */
export async function runLifecycle(device: Device): Promise<void> {
  let state: State = { name: "boot" };
  while (state.name !== "restarting") {
    try {
      state = await next(device, state);
    } catch (error) {
      reportFault(state.name, error);
      state = await recover(device);
    }
  }
  device.log.event({ state: "restarting", why: state.why });
  device.system.restart();
}

function next(device: Device, state: Exclude<State, In<"restarting">>): State | Promise<State> {
  switch (state.name) {
    case "boot":
      return boot(device);
    case "portal":
      return portal(device, state);
    case "connecting":
      return connecting(device, state);
    case "provisioning":
      return provisioning(device, state);
    case "activating":
      return activating(device, state);
    case "online":
      return online(device, state);
    case "offline":
      return offline(device, state);
    case "failed":
      return afterFailure(device, state);
  }
}

function boot(device: Device): State {
  const settings = device.settings.read();
  const portalAsked = device.store.get(PORTAL_ASKED) !== undefined;
  if (portalAsked) device.store.delete(PORTAL_ASKED);
  return settings && !portalAsked ? { name: "connecting", settings, attempt: 0 } : { name: "portal", attempt: 0 };
}

/** Ends when somebody has saved settings, or when the stored ones are worth another try and nobody looks. */
async function portal(device: Device, { failure, attempt }: In<"portal">): Promise<State> {
  const { wifi, build, identity, log } = device;
  const stored = device.settings.read();
  const networks = await wifi.scan({ passive: false });
  const seen = failure && explainJoin(failure, networks, stored?.ssid);
  const ssid = accessPointName(identity.mac);
  const opened = openPortal({
    io: device,
    ssid,
    address: build.accessPointAddress,
    httpPort: build.portalPort,
    dnsPort: build.dnsPort,
    networks,
    stored,
    defaultUrl: build.provisioningUrl,
    failure: seen,
    facts: { MAC: identity.mac, Serial: identity.serial ?? "none", Firmware: build.firmwareVersion },
    store: (settings) => device.settings.write(settings),
  });
  log.event({ state: "portal", ssid, address: opened.url, ...(seen && { reason: seen.reason }) });
  try {
    const resumed = await Promise.race([opened.saved, resume(device, opened, stored, failure, attempt)]);
    if (resumed) return { name: "connecting", settings: resumed, attempt: attempt + 1 };
    await sleep(device.clock, LAST_PAGE_MS);
    return { name: "restarting", why: "settings" };
  } finally {
    opened.close();
  }
}

/** Never ends without stored settings: then only a person can help. */
async function resume(
  { clock, random, wifi }: Device,
  opened: Portal,
  settings: Settings | undefined,
  failure: Failure | undefined,
  attempt: number,
): Promise<Settings> {
  for (let round = attempt; settings; round++) {
    await sleep(clock, failure ? Math.max(PORTAL_IDLE_MS, retryDelayMs(failure, round, random)) : PORTAL_ASKED_MS);
    if (!opened.isOpen) break;
    if (!opened.isIdle(PORTAL_IDLE_MS)) continue;
    if (wifi.joined || (await wifi.join({ ...settings, timeoutMs: REJOIN_LIMIT_MS })).ok) return settings;
  }
  return new Promise(() => {});
}

async function connecting(device: Device, { settings, attempt }: In<"connecting">): Promise<State> {
  if (!device.wifi.joined) {
    device.log.event({ state: "connecting", to: "wifi" });
    const joined = await device.wifi.join({ ...settings, timeoutMs: JOIN_LIMIT_MS });
    if (!joined.ok) {
      noteFailure(device.log, joined.failure);
      return { name: "portal", failure: joined.failure, attempt };
    }
  }
  const credentials = device.journal.credentials(settings.url);
  return credentials
    ? { name: "online", settings, credentials, origin: "flash", attempt: 0 }
    : { name: "provisioning", settings, attempt };
}

async function provisioning(device: Device, { settings, attempt, after }: In<"provisioning">): Promise<State> {
  if (!device.wifi.joined) return { name: "connecting", settings, attempt };
  device.log.event({ state: "provisioning" });
  const answer = await serviceOf(device, settings).query();
  if (!answer.ok) return { name: "failed", settings, failure: answer.failure, attempt };
  if (answer.value.kind === "credentials") return useCredentials(device, settings, answer.value.credentials, attempt);
  const { activation } = answer.value;
  if (after !== "accepted") return { name: "activating", settings, attempt, activation, ...(after && { after }) };
  const { failure } = failed("server-error", "it accepted the code and asks for one again");
  return { name: "failed", settings, failure, attempt };
}

async function activating(device: Device, state: In<"activating">): Promise<State> {
  const { settings, attempt, activation, after } = state;
  const { code, message, url } = activation;
  device.log.event({ state: "activating", code, ...(message && { message }), ...(url && { url }) });
  const waiting = { isOver: false };
  const lost = new Promise<undefined>((resolve) => {
    device.wifi.onLost = () => resolve(undefined);
  });
  const activated = serviceOf(device, settings).activate(activation, waiting);
  const result = await Promise.race([activated, lost]);
  waiting.isOver = true;
  device.wifi.onLost = undefined;
  if (!result) return { name: "connecting", settings, attempt };
  if (result.ok) {
    if (result.value) return useCredentials(device, settings, result.value, attempt);
    return { name: "provisioning", settings, attempt, after: "accepted" };
  }
  const { reason } = result.failure;
  if (reason === "code-expired") return { name: "provisioning", settings, attempt };
  // An expired challenge is refused like a wrong key: a fresh one tells.
  if (reason === "signature-refused" && !after)
    return { name: "provisioning", settings, attempt, after: "signature refused" };
  return { name: "failed", settings, failure: result.failure, attempt };
}

/** Stored before they are used; a flash that is full does not keep the device from its broker. */
function useCredentials(device: Device, settings: Settings, credentials: Credentials, attempt: number): State {
  const kept = device.journal.keep(settings.url, credentials);
  if (!kept.ok) noteFailure(device.log, kept.failure);
  return { name: "online", settings, credentials, origin: "service", attempt };
}

async function online(device: Device, { settings, credentials, origin, attempt }: In<"online">): Promise<State> {
  if (!device.wifi.joined) return { name: "connecting", settings, attempt };
  const { clock, log } = device;
  let connectedMs = Number.POSITIVE_INFINITY;
  log.event({ state: "connecting", to: "broker" });
  const ending = await runSession(device, {
    credentials,
    refreshSoon: origin === "flash" && attempt === 0,
    refresh: () => serviceOf(device, settings).query(),
    onConnected() {
      connectedMs = clock.ticksMs();
      log.event({ state: "online", broker: `${credentials.host}:${credentials.port}` });
    },
  });
  const failures = clock.ticksMs() - connectedMs >= STABLE_SESSION_MS ? 0 : attempt;
  switch (ending.kind) {
    case "lost":
      if (ending.failure.reason === "broker-credentials" && origin === "flash") {
        return { name: "provisioning", settings, attempt: failures };
      }
      return { name: "offline", settings, credentials, failure: ending.failure, attempt: failures };
    case "renewed":
      return useCredentials(device, settings, ending.credentials, failures);
    case "unbound":
      return { name: "provisioning", settings, attempt: failures };
    case "portal":
    case "reboot":
      if (ending.kind === "portal") device.store.set(PORTAL_ASKED, "1");
      return { name: "restarting", why: "command" };
  }
}

/** Waits, then goes where the failure leads: to the broker again, or to the service. */
async function offline(device: Device, { settings, credentials, failure, attempt }: In<"offline">): Promise<State> {
  const retryMs = retryDelayMs(failure, attempt, device.random);
  device.log.event({ state: "offline", reason: failure.reason, retryMs });
  await pause(device, retryMs);
  return mayBeHelpedByService(failure, attempt)
    ? { name: "provisioning", settings, attempt: attempt + 1 }
    : { name: "online", settings, credentials, origin: "flash", attempt: attempt + 1 };
}

function mayBeHelpedByService({ reason }: Failure, attempt: number): boolean {
  if (reason === "broker-credentials") return true;
  if (reason === "broker-closed" && attempt + 1 >= SILENT_REFUSALS) return true;
  return attempt % TRIES_BEFORE_SERVICE === TRIES_BEFORE_SERVICE - 1;
}

/** With credentials the broker is asked next, the service may be down for long; without, a person may have to help. */
async function afterFailure(device: Device, { settings, failure, attempt }: In<"failed">): Promise<State> {
  const retryMs = retryDelayMs(failure, attempt, device.random);
  noteFailure(device.log, failure);
  device.log.event({ state: "failed", reason: failure.reason, retryMs });
  const credentials = device.journal.credentials(settings.url);
  if (!credentials && (patienceOf(failure) === "daily" || attempt + 1 >= FAILURES_BEFORE_PORTAL)) {
    return { name: "portal", failure, attempt };
  }
  await pause(device, retryMs);
  return credentials
    ? { name: "online", settings, credentials, origin: "flash", attempt: attempt + 1 }
    : { name: "provisioning", settings, attempt: attempt + 1 };
}

/** Ends sooner when the Wi-Fi is lost: there is something else to do then. */
function pause({ clock, wifi }: Device, pauseMs: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      wifi.onLost = undefined;
      cancel();
      resolve();
    };
    const cancel = clock.after(pauseMs, end);
    wifi.onLost = end;
  });
}

async function recover(device: Device): Promise<State> {
  const { failure } = failed("internal");
  const retryMs = retryDelayMs(failure, FAULT_ATTEMPT, device.random);
  device.log.event({ state: "failed", reason: failure.reason, retryMs });
  await sleep(device.clock, retryMs);
  return { name: "restarting", why: "fault" };
}

function serviceOf(device: Device, { url }: Settings): Service {
  return serviceAt(url, { io: device, identity: device.identity, product: device.build });
}
