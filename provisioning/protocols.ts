/** The choice among the protocols. */
import { type Failure, type Reason, type Result, success } from "../modules/base/failure.js";
import { parseAddress } from "../modules/data/address.js";
import type { ProtocolChoice } from "../modules/settings/settings.js";
import type { Configuration } from "./configuration.js";
import { type Detectable, detect, protocolOfUrl } from "./detect.js";
import { deviceService } from "./device-service/device-service.js";
import { fleet } from "./fleet/fleet.js";
import { templateOf } from "./fleet/request.js";
import { rotationTemplate } from "./fleet/rotation.js";
import { justInTime } from "./just-in-time/just-in-time.js";
import type { Activation, Answer, Protocol, ProvisioningContext, Waiting } from "./protocol.js";
import { dialectOf } from "./vending/dialects.js";
import { vending } from "./vending/vending.js";
import { activationV1, activationV2, xiaozhi } from "./xiaozhi/xiaozhi.js";

/** Where a person wants the device to be provisioned, and how. */
export interface Target {
  /** As the settings have it: checked when they were made and when they were read. */
  readonly url: string;
  readonly protocol: ProtocolChoice;
}

/** A protocol at its URL, ready to be asked. */
export interface Service {
  query(): Promise<Result<Answer>>;
  activate(activation: Activation, waiting: Waiting): Promise<Result<Answer | undefined>>;
  checkFirmware(): Promise<Result<void>>;
  diagnose(failure: Failure): Promise<Failure>;
  /** See rotation.ts. */
  rotationTemplate(configuration: Configuration, wanted?: unknown): string | undefined;
}

const chosen: Readonly<Record<Exclude<ProtocolChoice, "automatic">, Protocol>> = {
  "device-service": deviceService,
  "activation-v1": activationV1,
  "activation-v2": activationV2,
};
const detected: Readonly<Record<Detectable, Protocol>> = { "device-service": deviceService, xiaozhi };

/** What a service is that does not show itself: the device service of old has no `/health`. */
const HIDDEN: Detectable = "device-service";

/** After these the service at the address may be another one than it was. */
const OTHER_SERVICE: ReadonlySet<Reason> = new Set(["unexpected-status", "bad-answer"] as const);

export function serviceAt(target: Target, context: Omit<ProvisioningContext, "url">): Service {
  const whole: ProvisioningContext = { ...context, url: parseAddress(target.url)! };
  const ask = async <T>(request: (protocol: Protocol) => Promise<Result<T>>): Promise<Result<T>> => {
    const found = await protocolFor(target, whole);
    return found.ok ? request(found.value) : found;
  };
  return {
    async query() {
      const answer = await ask((protocol) => protocol.query(whole));
      if (answer.ok && !knownProtocol(target, whole)) whole.learn({ protocol: HIDDEN });
      if (!answer.ok && OTHER_SERVICE.has(answer.failure.reason) && whole.habits().protocol)
        whole.learn({ protocol: undefined });
      return answer;
    },
    activate: (activation, waiting) => ask((protocol) => protocol.activate(whole, activation, waiting)),
    checkFirmware: () => ask((protocol) => protocol.checkFirmware(whole)),
    // What could not be found out before is not asked for once more.
    diagnose: (failure) => (knownProtocol(target, whole) ?? detected[HIDDEN]).diagnose(whole, failure),
    rotationTemplate: (configuration, wanted) => rotationTemplate(whole.url, configuration, wanted),
  };
}

async function protocolFor(target: Target, context: ProvisioningContext): Promise<Result<Protocol>> {
  const known = knownProtocol(target, context);
  if (known) return success(known);
  const found = await detect(context);
  if (!found.ok) return found;
  if (found.value) context.learn({ protocol: found.value });
  return success(detected[found.value ?? HIDDEN]);
}

function knownProtocol({ protocol }: Target, context: ProvisioningContext): Protocol | undefined {
  if (protocol === "automatic" && dialectOf(context.url)) return vending;
  if (protocol === "automatic" && context.url.scheme === "mqtts") return templateOf(context.url) ? fleet : justInTime;
  if (protocol !== "automatic") return chosen[protocol];
  const known = protocolOfUrl(context.url) ?? context.habits().protocol;
  return known && detected[known];
}
