/**
 * Registration of AWS IoT at the first connection (JITP, JITR): the factory's device certificate is the identity from
 * the beginning, and there is nothing to ask. The account learns of it by a connection, which it closes; it lets the
 * device in seconds later, or when its own code or a person has activated the certificate.
 */

import { failed, type Reason, type Result, success } from "../../modules/base/failure.js";
import { sleep } from "../../modules/clock/clock.js";
import { parseCertificate } from "../../modules/tls/certificate.js";
import { awsConfiguration } from "../aws/configuration.js";
import type { Configuration } from "../configuration.js";
import { knock } from "../fleet/dialogue.js";
import { REFUSALS } from "../fleet/fleet.js";
import { nameOf } from "../fleet/request.js";
import { asAnswer, certificatesAlone, type Protocol, type ProvisioningContext } from "../protocol.js";

/** AWS takes some seconds for a template, an account's own code as long as it likes: it has so many tries in a row. */
const TRIES = 6;
const FIRST_PAUSE_MS = 3_000;
const MAX_PAUSE_MS = 60_000;

/** Nothing says whether a connection is closed for good: what AWS closes without a word, or leaves without an answer. */
const PENDING: ReadonlySet<Reason> = new Set([...REFUSALS, "timeout"]);

export const justInTime: Protocol = {
  ...certificatesAlone,
  name: "just-in-time",
  owns: ({ scheme }) => scheme === "mqtts",
  /** A connection of the same client id would end the one that stands: whoever was let in does not knock again. */
  async query(context) {
    const found = configurationFor(context);
    if (!found.ok) return found;
    const admitted = isKept(context, found.value) ? success(undefined) : await register(context, found.value);
    return admitted.ok ? asAnswer(found) : admitted;
  },
};

/** Templates usually make a thing of the common name; policies let in whose client id is the thing's name. */
function configurationFor({ url, identity, keystore }: ProvisioningContext): Result<Configuration> {
  const { host, port, path } = url;
  if (path !== "/") return failed("bad-answer", `${path} is no name of a template`);
  const leaf = keystore.read("factory")?.chain[0];
  const certificate = leaf && parseCertificate(leaf);
  if (!certificate) return failed("no-identity", "device certificate");
  const clientId = certificate.commonName ?? nameOf(identity);
  return awsConfiguration({ host, port, clientId }, "factory");
}

async function register(context: ProvisioningContext, configuration: Configuration): Promise<Result<void>> {
  const { io, keystore } = context;
  const { host, port, clientId } = configuration.credentials;
  for (let tries = 1; ; tries++) {
    const admitted = await knock(io, { host, port, clientId, identity: () => keystore.read("factory") });
    if (admitted.ok || !PENDING.has(admitted.failure.reason)) return admitted;
    if (tries === 1) context.note("AWS IoT closes the first connection of a certificate: it is registered, or pending");
    if (tries === TRIES) return failed("not-registered", `${clientId}: not registered or pending at ${host}`);
    const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
    await sleep(io.clock, pauseMs * (1 + io.random() / 2));
    // The Wi-Fi was lost meanwhile, and somebody else has got in.
    if (isKept(context, configuration)) return success(undefined);
  }
}

function isKept(context: ProvisioningContext, { credentials }: Configuration): boolean {
  const kept = context.stored()?.credentials;
  return kept?.certificate === credentials.certificate && kept?.clientId === credentials.clientId;
}
