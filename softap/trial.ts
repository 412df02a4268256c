/** Tries what a person sent, step by step, while the access point stays up for the phone to watch. */
import { type Failure, failed, type Result } from "../modules/failure/failure.js";
import { isAddress, parseUrl } from "../modules/http/url.js";
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
    serviceAt(target: Target): Service;
  };
  readonly candidate: Candidate;
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

/** Ends with credentials, or with the reason why there are none; the device stays in the network that it joined. */
export async function runTrial(options: TrialOptions): Promise<Result<Configuration>> {
  const { io, candidate, waiting, onStep } = options;
  const joined = await join(options);
  if (!joined.ok) return joined;
  if (waiting.isOver) return GIVEN_UP;
  onStep("address");
  const reached = await whileJoined(io.wifi, () => reach(options));
  return reached ?? failed("wifi-lost", candidate.network.ssid);
}

/** From the address to the credentials. */
async function reach(options: TrialOptions): Promise<Result<Configuration>> {
  const { io, candidate, waiting, onStep, onQuery, onActivation } = options;
  const { host } = parseUrl(candidate.url)!;
  if (!isAddress(host) && !(await io.resolve(host))) {
    return (await io.resolve(KNOWN_NAME)) ? failed("name-unknown", host) : failed("no-internet");
  }
  if (waiting.isOver) return GIVEN_UP;
  onStep("name");
  return obtain(io.serviceAt(candidate), {
    waiting,
    onQuery,
    onActivation(activation) {
      onStep("service");
      onActivation(activation);
    },
  });
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
