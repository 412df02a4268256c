/**
 * Tries what a person sent, step by step, while the access point stays up for the phone to watch; or waits for the code
 * alone, where the service that the device has been with for long wants one.
 */
import { type Failure, failed, type Result } from "../modules/failure/failure.js";
import { parseAddress } from "../modules/http/address.js";
import { isAddress } from "../modules/http/url.js";
import type { Certificates } from "../modules/settings/certificates.js";
import type { Candidate } from "../modules/settings/settings.js";
import { JOIN_TIMEOUT_MS } from "../modules/wifi/join.js";
import { explainJoin } from "../modules/wifi/scan.js";
import { whileJoined } from "../modules/wifi/while-joined.js";
import type { WiFi } from "../modules/wifi/wifi.js";
import type { Configuration } from "../provisioning/configuration.js";
import { obtain } from "../provisioning/obtain.js";
import type { Activation, Waiting } from "../provisioning/protocol.js";
import type { Service, Target } from "../provisioning/protocols.js";
import type { TrialStep } from "./model.js";

export interface TrialOptions {
  readonly io: {
    readonly wifi: WiFi;
    resolve(name: string): Promise<string | undefined>;
    /** @param handed counts in place of what is stored of its kind */
    serviceAt(target: Target, handed: Certificates): Service;
  };
  readonly candidate: Candidate;
  /** They came with the candidate. */
  readonly handed: Certificates;
  /** What the service has answered already: the device is in the candidate's network then, and begins with the code. */
  readonly activation: Activation | undefined;
  /** Set when other settings were sent in the meantime, or nobody watches any more. */
  readonly waiting: Waiting;
  onStep(step: TrialStep): void;
  onQuery(): void;
  onActivation(activation: Activation): void;
}

/** A name that every working resolver of the internet knows: it tells a wrong name from no internet. */
const KNOWN_NAME = "pool.ntp.org";

/** Nobody reads it. */
const GIVEN_UP = failed("wifi-lost");

/** Ends with a configuration, or with the reason why there is none; the device stays in the network that it joined. */
export async function runTrial(options: TrialOptions): Promise<Result<Configuration>> {
  const { io, candidate, activation, waiting, onStep } = options;
  const { ssid } = candidate.network;
  if (!activation) {
    const joined = await join(options);
    if (!joined.ok) return joined;
    if (waiting.isOver) return GIVEN_UP;
    onStep("address");
  } else if (!io.wifi.joined) return failed("wifi-lost", ssid);
  const ended = await whileJoined(io.wifi, () => (activation ? provision(options) : reach(options)));
  return ended ?? failed("wifi-lost", ssid);
}

/** From the address to the configuration. */
async function reach(options: TrialOptions): Promise<Result<Configuration>> {
  const { io, candidate, waiting, onStep } = options;
  const { host } = parseAddress(candidate.url)!;
  // Waited for in any case: what follows starts on an empty stack.
  if (!(await (isAddress(host) || io.resolve(host))))
    return (await io.resolve(KNOWN_NAME)) ? failed("name-unknown", host) : failed("no-internet");
  if (waiting.isOver) return GIVEN_UP;
  onStep("name");
  return provision(options);
}

async function provision(options: TrialOptions): Promise<Result<Configuration>> {
  const { io, candidate, handed, activation, waiting, onStep, onQuery, onActivation } = options;
  const service = io.serviceAt(candidate, handed);
  const obtained = await obtain(service, {
    first: activation && { kind: "activation", activation },
    waiting,
    onQuery,
    onActivation(shown) {
      onStep("service");
      onActivation(shown);
    },
  });
  // A person reads it: the service's own word on its health is worth one more request.
  if (obtained.ok || waiting.isOver) return obtained;
  return { ok: false, failure: await service.diagnose(obtained.failure) };
}

async function join({ io: { wifi }, candidate, waiting, onStep }: TrialOptions): Promise<Result<void>> {
  const { ssid, password } = candidate.network;
  const joined = await wifi.join({
    ssid,
    password,
    timeoutMs: JOIN_TIMEOUT_MS,
    onAssociated: () => !waiting.isOver && onStep("associated"),
  });
  if (joined.ok || waiting.isOver || joined.failure.reason !== "wifi-not-found") return joined;
  const failure: Failure = explainJoin(joined.failure, await wifi.scan({ passive: true }), ssid);
  return { ok: false, failure };
}
