/** The device's life, as docs/lifecycle.md draws it: a state is a value; its function does what it is for, and returns the next. */

import { type Failure, failed, patienceOf } from "../../modules/base/failure.js";
import { reportFault } from "../../modules/base/guard.js";
import { noteFailure, type RestartReason } from "../../modules/base/log.js";
import { retryDelayMs } from "../../modules/base/retry.js";
import { PREFERENCES } from "../../modules/settings/preferences.js";
import type { Settings } from "../../modules/settings/settings.js";
import { joinKnown } from "../../modules/wifi/join.js";
import { pauseWhileJoined } from "../../modules/wifi/pause.js";
import { leavesSilent } from "../../modules/wifi/silence.js";
import { whileJoined } from "../../modules/wifi/while-joined.js";
import { type Configuration, sameConfiguration } from "../../provisioning/configuration.js";
import type { Activation } from "../../provisioning/protocol.js";
import type { Device } from "../device/device.js";
import { Connection } from "../session/connection.js";
import { refreshInADay } from "../session/refresh.js";
import type { Session } from "../session/session.js";
import { pauseOffline } from "../session/stand-in/stand-in.js";
import { askForPortal, finishReset, portalAsked, watchButton } from "./asked.js";
import { keep, reject } from "./identities.js";
import { Improv } from "./improv.js";
import { Online, STABLE_SESSION_MS } from "./online.js";
import { type PortalCause, readSettings, runPortal } from "./portal.js";
import { liveSafely } from "./safe.js";
import { serviceOf } from "./service.js";
import { beginApplication, countStart, forgetStarts, isUnsafe } from "./starts.js";

/** `attempt` counts the failures in a row: pauses grow with it. */
type State =
  | { name: "boot" }
  | { name: "safe"; crashes: number }
  | ({ name: "portal"; attempt: number } & PortalCause)
  | { name: "connecting"; settings: Settings; attempt: number; isTurn?: true }
  | { name: "provisioning"; settings: Settings; attempt: number; configuration?: Configuration; rotation?: string }
  | { name: "online"; settings: Settings; attempt: number; configuration: Configuration; origin: "service" | "flash" }
  | { name: "offline"; settings: Settings; attempt: number; configuration: Configuration; failure: Failure }
  | { name: "failed"; settings: Settings; attempt: number; configuration: Configuration | undefined; failure: Failure }
  | { name: "restarting"; why: RestartReason };

type In<Name extends State["name"]> = Extract<State, { name: Name }>;
type Living = Exclude<State, In<"restarting">>;

/** From the boot or the loss of the network to the portal: a router needs a moment, a person not too long. */
const JOIN = Object.freeze({ limitMs: 30_000, passive: false, isWanted: () => true });
/** Without credentials a person can help: after so many failures in a row the portal opens and says why. */
const FAILURES_BEFORE_PORTAL = 3;
/** A broker that closes each connection without a word refuses the credentials: so many in a row are no accident. */
const SILENT_REFUSALS = 3;
/** A broker that does not answer may have moved: the service is asked after so many tries. */
const TRIES_BEFORE_SERVICE = 4;
/** Where there are two configurations they take turns: none of the two brokers may be there. */
const TRIES_EACH = 2;
/** The operator knows that something has changed; the services count requests per minute. */
const WISH_PAUSE_MS = 60_000;
/** Who sent too many names hears of it. */
const LAST_WORDS_MS = 1_000;
/** A fault of the agent itself is paused for as if it were the fourth failure in a row, then the device restarts. */
const FAULT_COUNTS_AS_ATTEMPT = 3;

/** Goes from state to state until the machine has to restart. */
export class Lifecycle {
  private readonly session: Session;
  private state: State = { name: "boot" };
  private improv: Improv | undefined;

  constructor(session: Session) {
    this.session = session;
  }

  begin(): void {
    const { device } = this.session;
    const { cable, updates, names, clock } = device;
    const restart = (why: RestartReason) => this.enter({ name: "restarting", why });
    watchButton(this.session, restart);
    if (cable) this.improv = new Improv(device, cable, restart);
    updates.start(() => restart("rollback"));
    names.onSpent = () => clock.after(LAST_WORDS_MS, () => restart("names"));
    this.enter(this.state);
  }

  /** If a state was interrupted, its later result is ignored. */
  private enter(state: State): void {
    if (this.state.name === "restarting") return;
    this.state = state;
    if (state.name === "restarting") {
      this.restart(state.why);
      return;
    }
    const faulty = (error: unknown) => this.state === state && this.recover(state.name, error);
    try {
      stateAfter(this.session, state, this.improv).then((next) => this.state === state && this.enter(next), faulty);
    } catch (error) {
      faulty(error);
    }
  }

  /** A fault of the agent itself ends in a pause and a restart. */
  private recover(where: string, error: unknown): void {
    reportFault(where, error);
    const { log, random, clock } = this.session.device;
    const { failure } = failed("internal");
    const retryMs = retryDelayMs(failure, FAULT_COUNTS_AS_ATTEMPT, random);
    log.event({ state: "failed", reason: failure.reason, retryMs });
    clock.after(retryMs, () => this.enter({ name: "restarting", why: "fault" }));
  }

  private restart(why: RestartReason): void {
    const { log, updates, system } = this.session.device;
    log.event({ state: "restarting", why });
    if (this.improv) this.improv.isDeaf = true;
    if (why !== "fault") forgetStarts(this.session.device);
    updates.restarting(why);
    system.restart();
  }
}

function stateAfter(session: Session, state: Living, improv: Improv | undefined): Promise<State> {
  const { device } = session;
  switch (state.name) {
    case "boot":
      // In a turn of its own: what is stored is checked deep down.
      return Promise.resolve(session).then(boot);
    case "safe":
      return safe(session, state);
    case "portal":
      return runPortal(device, state, state.attempt, improv);
    case "connecting":
      session.telemetry.begin(state.settings.url);
      return connecting(device, state);
    case "provisioning":
      return provisioning(device, state);
    case "online":
      return online(session, state);
    case "offline":
      return offline(session, state);
    case "failed":
      return afterFailure(device, state);
  }
}

function boot(session: Session): State {
  const { device } = session;
  finishReset(session);
  device.log.level = PREFERENCES.read(device.store)?.logLevel ?? "normal";
  const start = countStart(device);
  const asked = portalAsked(device.store);
  if (start !== "portal" && !asked && isUnsafe(start)) return { name: "safe", crashes: start };
  beginApplication(device);
  const isPresent = start === "portal" || asked === "present";
  return isPresent || asked ? { name: "portal", attempt: 0, isPresent } : first(device);
}

function first(device: Device): State {
  const settings = readSettings(device);
  if (settings) device.journal.eraseOthers(settings.url);
  return settings?.networks.length ? { name: "connecting", settings, attempt: 0 } : { name: "portal", attempt: 0 };
}

async function safe(session: Session, { crashes }: In<"safe">): Promise<State> {
  const why = await liveSafely(session, crashes);
  return why ? { name: "restarting", why } : first(session.device);
}

/** @param state `isTurn`: nothing came through the network before; the pauses go on growing */
async function connecting(device: Device, { settings, attempt, isTurn }: In<"connecting">): Promise<State> {
  if (!device.wifi.joined) {
    device.log.event({ state: "connecting", to: "wifi" });
    const joined = await joinKnown(device, settings.networks, JOIN);
    if (!joined.ok) {
      noteFailure(device.log, joined.failure);
      return { name: "portal", failure: joined.failure, attempt };
    }
  }
  const [configuration] = device.journal.stored(settings.url);
  return configuration
    ? { name: "online", settings, configuration, origin: "flash", attempt: isTurn ? attempt : 0 }
    : { name: "provisioning", settings, attempt };
}

/** Asks the service for a configuration. If it wants a code entered, the portal shows it. */
async function provisioning(device: Device, state: In<"provisioning">): Promise<State> {
  const { wifi, silence, log, journal, pauses } = device;
  const { settings, attempt, rotation } = state;
  if (!wifi.joined) return { name: "connecting", settings, attempt };
  const pauseMs = pauses.remainingMs("service");
  if (pauseMs > 0) {
    await pauseWhileJoined(device, pauseMs);
    return state;
  }
  log.event({ state: "provisioning" });
  const answer = await whileJoined(wifi, () => serviceOf(device, settings, { rotation }).query());
  if (!answer) return { name: "connecting", settings, attempt };
  refreshInADay(device);
  if (!answer.ok) {
    const configuration = state.configuration ?? journal.stored(settings.url)[0];
    return { name: "failed", settings, failure: answer.failure, configuration, attempt };
  }
  silence.end(wifi.status().ssid);
  if (answer.value.kind === "activation") return activating(settings, answer.value.activation, attempt);
  return useConfiguration(device, settings, answer.value.configuration, attempt);
}

function activating(settings: Settings, activation: Activation, attempt: number): State {
  return { name: "portal", pending: { settings, activation }, attempt };
}

/** Stored before they are used; a flash that is full does not keep the device from its broker. */
function useConfiguration(device: Device, settings: Settings, configuration: Configuration, attempt: number): State {
  keep(device, settings, configuration);
  return { name: "online", settings, configuration, origin: "service", attempt };
}

async function online(session: Session, state: In<"online">): Promise<State> {
  const { device } = session;
  const { settings, configuration, attempt } = state;
  if (!device.wifi.joined) return { name: "connecting", settings, attempt };
  device.log.event({ state: "connecting", to: "broker" });
  // Also where the broker is never reached: what stands in for it has something to bring.
  session.telemetry.keepTime(configuration.pace);
  const watch = new Online(device, settings, configuration);
  const ending = await new Connection(session, watch).run();
  const failures = watch.lastedMs >= STABLE_SESSION_MS ? 0 : attempt;
  switch (ending.kind) {
    case "lost":
      return lost(device, state, ending.failure, failures);
    case "renewed":
      return useConfiguration(device, settings, ending.configuration, failures);
    case "unbound":
      return activating(settings, ending.activation, failures);
    case "reprovision":
      device.pauses.shorten("service", WISH_PAUSE_MS);
      return { name: "provisioning", settings, configuration, attempt: failures };
    case "rotate":
      return { name: "provisioning", settings, configuration, attempt: failures, rotation: ending.template };
    case "update":
      return { name: "restarting", why: "update" };
    case "portal":
    case "reboot":
      if (ending.kind === "portal") askForPortal(device.store, "command");
      return { name: "restarting", why: "command" };
  }
}

/** What the broker refuses is left at once where there is something else to try; anything else after a pause. */
function lost(device: Device, state: In<"online">, failure: Failure, attempt: number): State {
  const { settings, configuration, origin } = state;
  const offline = { name: "offline", settings, configuration, failure, attempt } as const;
  if (failure.reason !== "broker-credentials" || origin === "service") return offline;
  const other = otherThan(device, settings, configuration);
  reject(device, settings, configuration);
  if (other) return { name: "online", settings, configuration: other, origin: "flash", attempt };
  return device.pauses.remainingMs("service") ? offline : { name: "provisioning", settings, configuration, attempt };
}

/** A newer configuration that no connection has proven, or the one before it. */
function otherThan({ journal }: Device, { url }: Settings, configuration: Configuration): Configuration | undefined {
  return journal.stored(url).find((stored) => !sameConfiguration(stored, configuration));
}

/** Waits, then goes where the failure leads: to the broker again, or to the service. */
async function offline(session: Session, state: In<"offline">): Promise<State> {
  const { settings, configuration, failure, attempt } = state;
  const { device } = session;
  const { pauses } = device;
  const retryMs = retryDelayMs(failure, attempt, device.random);
  device.log.event({ state: "offline", reason: failure.reason, retryMs });
  await pauseOffline(session, retryMs, { configuration, url: settings.url }, { failure, tries: attempt + 1 });
  if (leavesSilent(device, settings.networks, failure))
    return { name: "connecting", settings, attempt: attempt + 1, isTurn: true };
  const other = otherThan(device, settings, configuration);
  const isRefused =
    failure.reason === "broker-credentials" || (failure.reason === "broker-closed" && attempt + 1 >= SILENT_REFUSALS);
  if (isRefused) reject(device, settings, configuration);
  // The other one has its turn before the service has.
  const tries = Math.max(configuration.pace.retryAttempts ?? TRIES_BEFORE_SERVICE, other ? 2 * TRIES_EACH : 1);
  const isServicesTurn = isRefused ? !other : attempt % tries === tries - 1;
  if (isServicesTurn && !pauses.remainingMs("service"))
    return { name: "provisioning", settings, configuration, attempt: attempt + 1 };
  const isOthersTurn = isRefused || attempt % TRIES_EACH === TRIES_EACH - 1;
  const next = (isOthersTurn && other) || configuration;
  return { name: "online", settings, configuration: next, origin: "flash", attempt: attempt + 1 };
}

/** With a stored configuration the broker is next: the service may be down for long. Without one, a person may have to help. */
async function afterFailure(device: Device, state: In<"failed">): Promise<State> {
  const { settings, configuration, failure, attempt } = state;
  const retryMs = retryDelayMs(failure, attempt, device.random);
  noteFailure(device.log, failure);
  device.log.event({ state: "failed", reason: failure.reason, retryMs });
  if (!configuration && (patienceOf(failure) === "daily" || attempt + 1 >= FAILURES_BEFORE_PORTAL)) {
    const portal = { name: "portal", failure: await serviceOf(device, settings).diagnose(failure), attempt } as const;
    leavesSilent(device, settings.networks, failure); // another one is joined when the portal looks around
    return portal;
  }
  device.pauses.begin("service", retryMs);
  return configuration
    ? { name: "online", settings, configuration, origin: "flash", attempt: attempt + 1 }
    : { name: "provisioning", settings, attempt: attempt + 1 };
}
