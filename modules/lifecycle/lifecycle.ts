/**
 * The device's life: every state, what enters it and what leaves it. A state is a value; its function does what the
 * state is for and returns the next one. The README's diagram shows the same.
 */
import type { Credentials } from "../../provisioning/credentials.js";
import type { Activation, ProvisioningContext } from "../../provisioning/protocol.js";
import { protocolFor } from "../../provisioning/protocols.js";
import { openPortal, type Portal } from "../../softap/portal.js";
import { sleep } from "../clock/clock.js";
import { type Failure, failed, type Result, success } from "../failure/failure.js";
import { reportFault } from "../guard/guard.js";
import { parseUrl } from "../http/url.js";
import { accessPointName } from "../identity/identity.js";
import { noteFailure } from "../log/log.js";
import { retryDelayMs } from "../retry/retry.js";
import { runSession } from "../session/session.js";
import type { Settings } from "../settings/settings.js";
import type { Device } from "./device.js";

type State =
  | { name: "boot" }
  | { name: "portal"; failure?: Failure }
  | { name: "connecting"; settings: Settings }
  | { name: "provisioning"; settings: Settings; attempt: number; activated?: boolean }
  | { name: "activating"; settings: Settings; activation: Activation }
  | { name: "online"; settings: Settings; credentials: Credentials; cached: boolean; attempt: number }
  | { name: "offline"; settings: Settings; failure: Failure; attempt: number }
  | { name: "failed"; settings: Settings; failure: Failure; attempt: number }
  | { name: "restarting"; why: "settings" | "command" | "fault" };

/** From the boot or the loss of the network to the portal: a router needs a moment, a person not too long. */
const JOIN_LIMIT_MS = 30_000;
/** While the portal is open and nobody uses it the stored network is tried this often, this long. */
const REJOIN_INTERVAL_MS = 30_000;
const REJOIN_LIMIT_MS = 15_000;
/** Nobody uses the portal when nothing was asked of it for this long: joining can drop a phone. */
const PORTAL_IDLE_MS = 60_000;
/** The reply to the form has to reach the phone before its network goes away. */
const LAST_PAGE_MS = 1_500;
/** A broker that closes each connection without a word refuses the credentials: so many in a row are no accident. */
const SILENT_REFUSALS = 3;
/** A broker that does not answer may have moved: the service is asked after so many tries. */
const TRIES_BEFORE_SERVICE = 4;
/** Set by the command `portal`, and gone with the boot that obeys it. */
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

function next(device: Device, state: Exclude<State, { name: "restarting" }>): State | Promise<State> {
  switch (state.name) {
    case "boot":
      return boot(device);
    case "portal":
      return portal(device, state.failure);
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
      return waitAfterFailure(device, state);
  }
}

function boot(device: Device): State {
  const settings = device.settings.read();
  const portalAsked = device.store.get(PORTAL_ASKED) !== undefined;
  if (portalAsked) device.store.delete(PORTAL_ASKED);
  return settings && !portalAsked ? { name: "connecting", settings } : { name: "portal" };
}

/** Ends when somebody has saved settings, or when the stored network is back while nobody looks. */
async function portal(device: Device, failure: Failure | undefined): Promise<State> {
  const { wifi, clock, build, identity, log } = device;
  const stored = device.settings.read();
  const ssid = accessPointName(identity.mac);
  const networks = await wifi.scan();
  const opened = openPortal({
    io: device,
    ssid,
    address: build.accessPointAddress,
    httpPort: build.portalPort,
    dnsPort: build.dnsPort,
    networks,
    stored,
    defaultUrl: build.provisioningUrl,
    failure,
    facts: { MAC: identity.mac, Serial: identity.serial ?? "none", Firmware: build.firmwareVersion },
    store: (settings) => device.settings.write(settings),
  });
  log.event({ state: "portal", ssid, address: opened.url, ...(failure && { reason: failure.reason }) });
  try {
    const outcome = await Promise.race([opened.saved, rejoin(device, stored, opened)]);
    if (outcome) return { name: "connecting", settings: outcome };
    await sleep(clock, LAST_PAGE_MS);
    return { name: "restarting", why: "settings" };
  } finally {
    opened.close();
  }
}

/** Never ends without stored settings: then only a person can help. */
async function rejoin(device: Device, settings: Settings | undefined, opened: Portal): Promise<Settings> {
  for (;;) {
    await sleep(device.clock, REJOIN_INTERVAL_MS);
    if (!settings || !opened.isOpen) return new Promise(() => {});
    if (!opened.isIdle(PORTAL_IDLE_MS)) continue;
    if ((await device.wifi.join(settings.ssid, settings.password, REJOIN_LIMIT_MS)).ok) return settings;
  }
}

async function connecting(device: Device, { settings }: { settings: Settings }): Promise<State> {
  if (!device.wifi.joined) {
    device.log.event({ state: "connecting", to: "wifi" });
    const joined = await device.wifi.join(settings.ssid, settings.password, JOIN_LIMIT_MS);
    if (!joined.ok) {
      noteFailure(device.log, joined.failure);
      return { name: "portal", failure: joined.failure };
    }
  }
  const credentials = device.journal.credentials(settings.url);
  return credentials
    ? { name: "online", settings, credentials, cached: true, attempt: 0 }
    : { name: "provisioning", settings, attempt: 0 };
}

async function provisioning(
  device: Device,
  { settings, attempt, activated }: { settings: Settings; attempt: number; activated?: boolean },
): Promise<State> {
  if (!device.wifi.joined) return { name: "connecting", settings };
  device.log.event({ state: "provisioning" });
  const answer = await queryService(device, settings);
  if (!answer.ok) return { name: "failed", settings, failure: answer.failure, attempt };
  if (answer.value.kind === "credentials") return useCredentials(device, settings, answer.value.credentials, attempt);
  if (activated) {
    const { failure } = failed("server-error", "it accepted the code and asks for one again");
    return { name: "failed", settings, failure, attempt };
  }
  return { name: "activating", settings, activation: answer.value.activation };
}

async function activating(
  device: Device,
  { settings, activation }: { settings: Settings; activation: Activation },
): Promise<State> {
  const { code, message, url } = activation;
  device.log.event({ state: "activating", code, ...(message && { message }), ...(url && { url }) });
  const context = provisioningContext(device, settings);
  const result = context.ok ? await protocolFor(context.value.url).activate(context.value, activation) : context;
  if (result.ok) {
    if (result.value) return useCredentials(device, settings, result.value, 0);
    return { name: "provisioning", settings, attempt: 0, activated: true };
  }
  if (result.failure.reason === "code-expired") return { name: "provisioning", settings, attempt: 0 };
  return { name: "failed", settings, failure: result.failure, attempt: 0 };
}

/** Stored before they are used; a flash that is full does not keep the device from its broker. */
function useCredentials(device: Device, settings: Settings, credentials: Credentials, attempt: number): State {
  const kept = device.journal.keep(settings.url, credentials);
  if (!kept.ok) noteFailure(device.log, kept.failure);
  return { name: "online", settings, credentials, cached: false, attempt };
}

async function online(
  device: Device,
  {
    settings,
    credentials,
    cached,
    attempt,
  }: { settings: Settings; credentials: Credentials; cached: boolean; attempt: number },
): Promise<State> {
  if (!device.wifi.joined) return { name: "connecting", settings };
  const broker = `${credentials.host}:${credentials.port}`;
  let failures = attempt;
  device.log.event({ state: "connecting", to: "broker" });
  const ending = await runSession(device, {
    credentials,
    cached,
    refresh: () => queryService(device, settings),
    onConnected() {
      failures = 0;
      device.log.event({ state: "online", broker });
    },
  });
  switch (ending.kind) {
    case "lost":
      if (isRefusal(ending.failure, failures) && failures === 0) return { name: "provisioning", settings, attempt: 1 };
      return { name: "offline", settings, failure: ending.failure, attempt: failures };
    case "renewed":
      return useCredentials(device, settings, ending.credentials, 0);
    case "unbound":
      return { name: "provisioning", settings, attempt: 0 };
    case "portal":
      device.store.set(PORTAL_ASKED, "1");
      return { name: "restarting", why: "command" };
    case "reboot":
      return { name: "restarting", why: "command" };
  }
}

/** Waits, then goes where the failure leads: to the broker again, to the service, or to the Wi-Fi. */
async function offline(
  device: Device,
  { settings, failure, attempt }: { settings: Settings; failure: Failure; attempt: number },
): Promise<State> {
  const retryMs = retryDelayMs(failure, attempt, device.random);
  device.log.event({ state: "offline", reason: failure.reason, retryMs });
  await sleep(device.clock, retryMs);
  const credentials = device.journal.credentials(settings.url);
  const serviceMayHelp = isRefusal(failure, attempt) || attempt % TRIES_BEFORE_SERVICE === TRIES_BEFORE_SERVICE - 1;
  if (!credentials || serviceMayHelp) return { name: "provisioning", settings, attempt: attempt + 1 };
  return { name: "online", settings, credentials, cached: true, attempt: attempt + 1 };
}

/** Waits; where there are credentials the broker is asked first, the service may be down for long. */
async function waitAfterFailure(
  device: Device,
  { settings, failure, attempt }: { settings: Settings; failure: Failure; attempt: number },
): Promise<State> {
  const retryMs = retryDelayMs(failure, attempt, device.random);
  noteFailure(device.log, failure);
  device.log.event({ state: "failed", reason: failure.reason, retryMs });
  await sleep(device.clock, retryMs);
  const credentials = device.journal.credentials(settings.url);
  return credentials
    ? { name: "online", settings, credentials, cached: true, attempt: attempt + 1 }
    : { name: "provisioning", settings, attempt: attempt + 1 };
}

/** A fault of the agent itself: the machine starts over after a pause, so that it neither hangs nor spins. */
async function recover(device: Device): Promise<State> {
  const { failure } = failed("internal");
  const retryMs = retryDelayMs(failure, 2, device.random);
  device.log.event({ state: "failed", reason: failure.reason, retryMs });
  await sleep(device.clock, retryMs);
  return { name: "restarting", why: "fault" };
}

function isRefusal({ reason }: Failure, attempt: number): boolean {
  return reason === "broker-credentials" || (reason === "broker-closed" && attempt + 1 >= SILENT_REFUSALS);
}

async function queryService(device: Device, settings: Settings) {
  const context = provisioningContext(device, settings);
  return context.ok ? protocolFor(context.value.url).query(context.value) : context;
}

function provisioningContext(device: Device, settings: Settings): Result<ProvisioningContext> {
  const url = parseUrl(settings.url);
  return url ? success({ io: device, url, identity: device.identity, product: device.build }) : failed("bad-answer");
}
