/** The choice among the protocols. */
import type { Result } from "../modules/failure/failure.js";
import { parseUrl, splitQuery, type Url } from "../modules/http/url.js";
import type { Credentials } from "./credentials.js";
import { deviceService } from "./device-service.js";
import type { Activation, Answer, Protocol, ProvisioningContext, Waiting } from "./protocol.js";
import { xiaozhi } from "./xiaozhi.js";

/** The xiaozhi services live at a path that ends in `ota`; everything else is a device provisioning service. */
export function protocolFor(url: Url): Protocol {
  return /\/ota\/?$/.test(splitQuery(url.path)[0]) ? xiaozhi : deviceService;
}

/** A protocol at its URL, ready to be asked. */
export interface Service {
  query(): Promise<Result<Answer>>;
  activate(activation: Activation, waiting: Waiting): Promise<Result<Credentials | undefined>>;
}

/** @param url as the settings have it: checked when they were made and when they were read */
export function serviceAt(url: string, context: Omit<ProvisioningContext, "url">): Service {
  const parsed = parseUrl(url)!;
  const protocol = protocolFor(parsed);
  const whole = { ...context, url: parsed };
  return {
    query: () => protocol.query(whole),
    activate: (activation, waiting) => protocol.activate(whole, activation, waiting),
  };
}
