/**
 * Fleet provisioning of AWS IoT: a claim certificate, from the factory or from a trusted user's phone, is exchanged for
 * one of the device's own, over MQTT. What has come is in flash before the next step, so that a power cut loses at most
 * one certificate, and the device says which.
 */

import { isKeyOf } from "modules/tls/certificates-adapter";
import { type Failure, failed, type Reason, type Result, success } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import { sleep } from "../../modules/clock/clock.js";
import { formatAddress } from "../../modules/data/address.js";
import { fromBase64 } from "../../modules/data/base64.js";
import { crc32 } from "../../modules/data/crc32.js";
import type { CertificateId } from "../../modules/identity/keystore.js";
import type { ClientIdentity } from "../../modules/tls/client-identity.js";
import { awsConfiguration, holds, keptIn } from "../aws/configuration.js";
import type { Reply } from "../aws/reply.js";
import type { Claim } from "../claim.js";
import type { Configuration } from "../configuration.js";
import { type Answer, asAnswer, certificatesAlone, type Protocol, type ProvisioningContext } from "../protocol.js";
import { Dialogue, type Endpoint, knock, RECONNECT_MS } from "./dialogue.js";
import { ENROLMENT, type Enrolment } from "./record.js";
import {
  CREATE_TOPIC,
  isDefinite,
  isTokenRefused,
  nameOf,
  parametersOf,
  registerTopic,
  rejection,
  templateOf,
} from "./request.js";
import { rotationTemplate } from "./rotation.js";

/** A token counts for an hour; nobody's clock is exact. */
const TOKEN_LIFETIME_MS = 55 * 60 * 1000;

/** The broker is there, and does not want this certificate, or this client id with it. */
export const REFUSALS: ReadonlySet<Reason> = new Set([
  "broker-closed",
  "broker-credentials",
  "broker-refused",
  "connection-lost",
  "tls-failed",
] as const);

export const fleet: Protocol = {
  ...certificatesAlone,
  name: "fleet",
  owns: (address) => templateOf(address) !== undefined,
  records: [ENROLMENT],
  issuedSlot: (store) => ENROLMENT.read(store)?.slot,
  rotationTemplate,
  /** Who has a certificate from there asks for no other, but in its turn. */
  async query(context) {
    const kept = keptIn(context);
    if (!kept) {
      const resumed = await resume(context);
      return resumed ? asAnswer(resumed) : enrol(context);
    }
    forgetEnrolment(context, kept.credentials.certificate!);
    return context.rotation ? rotate(context, kept, context.rotation) : asAnswer(success(kept));
  },
};

/** After a power cut, or an answer that was lost: the certificate may be active already. */
async function resume(context: ProvisioningContext): Promise<Result<Configuration> | undefined> {
  const staged = stagedIn(context);
  if (staged?.configuration) return success(staged.configuration);
  if (!staged?.isSent) return undefined;
  const { io, url, identity, keystore } = context;
  const clientId = nameOf(identity);
  const admitted = await knock(io, { ...url, clientId, identity: () => keystore.read(staged.slot) });
  if (!admitted.ok) return REFUSALS.has(admitted.failure.reason) ? undefined : admitted;
  context.note("fleet provisioning: the thing's name and configuration were lost, the serial number stands for it");
  return registered(context, staged, clientId, {});
}

/** What is in use is stored. A rotation that the power has ended may have left another one behind. */
function forgetEnrolment(context: ProvisioningContext, used: CertificateId): void {
  const staged = ENROLMENT.read(context.store);
  if (staged && staged.slot !== used && (staged.isSent || staged.configuration)) sayLost(context, staged);
  ENROLMENT.erase(context.store);
}

/** The certificate in use takes the place of a claim; it stays until a connection has proven the new one. */
async function rotate(
  context: ProvisioningContext,
  { credentials, deviceConfiguration = {} }: Configuration,
  templateName: string,
): Promise<Result<Answer>> {
  const { io, keystore, url } = context;
  const { clientId, certificate } = credentials;
  const endpoint = { ...url, clientId, identity: () => keystore.read(certificate!) };
  // The session that has ended for it may have begun just now.
  await sleep(io.clock, RECONNECT_MS);
  return enrolAt(context, endpoint, { templateName, clientId, deviceConfiguration });
}

/** With the claim: a new certificate, or the one that waits in flash, gets its thing. */
function enrol(context: ProvisioningContext): Promise<Result<Answer>> {
  const { url, identity } = context;
  const clientId = nameOf(identity);
  const claim = claimOf(context);
  if (!claim.ok) return Promise.resolve(claim);
  const endpoint = { ...url, clientId, identity: claim.value };
  return enrolAt(context, endpoint, {
    ...{ templateName: templateOf(url)!, clientId, deviceConfiguration: {} },
    isByClaim: true,
  });
}

/** What is asked of RegisterThing, and what stands where it says nothing. */
interface Registration {
  readonly templateName: string;
  readonly clientId: string;
  readonly deviceConfiguration: Readonly<Record<string, string>>;
  readonly isByClaim?: boolean;
}

async function enrolAt(
  context: ProvisioningContext,
  endpoint: Endpoint,
  registration: Registration,
): Promise<Result<Answer>> {
  const opened = await Dialogue.open(context, endpoint, [CREATE_TOPIC, registerTopic(registration.templateName)]);
  if (!opened.ok) return hasEnded(context, registration, opened.failure) ? ENDED : opened;
  const dialogue = opened.value;
  const found = await exchange(context, dialogue, registration);
  await dialogue.close();
  return !found.ok && hasEnded(context, registration, found.failure) ? ENDED : asAnswer(found);
}

/** The claim: the calendar may not have been known before. */
function hasEnded(context: ProvisioningContext, { isByClaim }: Registration, { reason }: Failure): boolean {
  return isByClaim === true && REFUSALS.has(reason) && !claimOf(context).ok;
}

async function exchange(
  context: ProvisioningContext,
  dialogue: Dialogue,
  registration: Registration,
): Promise<Result<Configuration>> {
  // In a turn of its own: the chip's stack has no room for a record of TLS on top of all who ask.
  await undefined;
  const staged = stagedIn(context);
  const isYoung = staged && Math.abs(context.io.clock.nowMs() - staged.createdMs) < TOKEN_LIFETIME_MS;
  const found = isYoung ? await register(context, dialogue, staged, registration) : TOKEN_REFUSED;
  if (found !== TOKEN_REFUSED) return found;
  if (staged?.isSent) sayLost(context, staged);
  const created = await create(context, dialogue);
  if (!created.ok) return created;
  const registered = await register(context, dialogue, created.value, registration);
  return registered === TOKEN_REFUSED
    ? failed("server-error", "it refuses the token that it has just given")
    : registered;
}

/** CreateKeysAndCertificate. When it returns ok all of it is in flash. */
async function create(context: ProvisioningContext, dialogue: Dialogue): Promise<Result<Enrolment>> {
  const { io, url, keystore, store } = context;
  const answered = await dialogue.ask("CreateKeysAndCertificate", CREATE_TOPIC, "{}");
  if (!answered.ok) return answered;
  const { isAccepted, reply } = answered.value;
  if (!isAccepted) return rejection(reply);
  const identity = identityIn(reply);
  const { certificateId, certificateOwnershipToken } = reply.texts;
  if (!identity || !certificateId || !certificateOwnershipToken)
    return failed("bad-answer", "CreateKeysAndCertificate: a certificate, its key or its token is missing or damaged");
  const slot = context.freeSlot();
  const enrolment: Enrolment = {
    ...{ url: formatAddress(url), slot, mark: crc32(identity.chain[0]!), certificateId, isSent: false },
    ...{ token: new Secret(certificateOwnershipToken), createdMs: io.clock.nowMs() },
  };
  // The record is worth nothing before its certificate is there, and the certificate says nothing without it.
  const noted = ENROLMENT.write(store, enrolment);
  const stored = noted.ok ? keystore.write(slot, identity) : noted;
  return stored.ok ? success(enrolment) : stored;
}

const TOKEN_REFUSED = "token-refused";

/** RegisterThing. */
async function register(
  context: ProvisioningContext,
  dialogue: Dialogue,
  enrolment: Enrolment,
  { templateName, clientId, deviceConfiguration }: Registration,
): Promise<Result<Configuration> | typeof TOKEN_REFUSED> {
  const { url, identity, store } = context;
  const noted = ENROLMENT.write(store, { ...enrolment, isSent: true });
  if (!noted.ok) return noted;
  const token = enrolment.token.reveal();
  const request = `{"certificateOwnershipToken":${JSON.stringify(token)},"parameters":${parametersOf(url, identity)}}`;
  const answered = await dialogue.ask("RegisterThing", registerTopic(templateName), request);
  if (!answered.ok) return answered;
  const { isAccepted, reply } = answered.value;
  if (isAccepted) {
    const given = { ...deviceConfiguration, ...reply.deviceConfiguration };
    const found = registered(context, enrolment, reply.texts.thingName || clientId, given);
    if (found.ok) noteLeftOut(context, reply, found.value);
    return found;
  }
  if (isTokenRefused(reply)) return TOKEN_REFUSED;
  // The token waits for the next try, for its hour: what was sent before stays uncertain.
  if (isDefinite(reply) && !enrolment.isSent) ENROLMENT.write(store, enrolment);
  return rejection(reply, token);
}

/** The account's own people have written it, and wonder where it is. */
function noteLeftOut(context: ProvisioningContext, reply: Reply, { deviceConfiguration = {} }: Configuration): void {
  const isKept = (name: string) => Object.hasOwn(deviceConfiguration, name);
  const count = reply.leftOut + Object.keys(reply.deviceConfiguration).filter((name) => !isKept(name)).length;
  if (count > 0)
    context.note(`fleet provisioning: deviceConfiguration: ${count} members are nested or too large, and left out`);
}

/** A template need not make a thing: then the device's own name stands for it. */
function registered(
  { url: { host, port }, store }: ProvisioningContext,
  enrolment: Enrolment,
  clientId: string,
  deviceConfiguration: Readonly<Record<string, string>>,
): Result<Configuration> {
  const checked = awsConfiguration({ host, port, clientId }, enrolment.slot, deviceConfiguration);
  if (!checked.ok) return checked;
  const noted = ENROLMENT.write(store, { ...enrolment, token: new Secret(""), configuration: checked.value });
  return noted.ok ? checked : noted;
}

/** Whole, and for this address. */
function stagedIn(context: ProvisioningContext): Enrolment | undefined {
  const enrolment = ENROLMENT.read(context.store);
  return enrolment?.url === formatAddress(context.url) && holds(context, enrolment) ? enrolment : undefined;
}

/** AWS deletes what was not registered within the hour; this one may have been. */
function sayLost(context: ProvisioningContext, { certificateId }: Enrolment): void {
  context.note(`fleet provisioning: certificate ${certificateId} may be active, and nobody uses it: delete it`);
}

const ENDED = failed("secret-refused", "the claim has ended: hand over a new one");

/** A person's counts before the factory's. */
function claimOf(context: ProvisioningContext): Result<() => ClientIdentity | undefined> {
  const { keystore, io } = context;
  const handed = context.claim();
  const isOver = handed?.expiresMs !== undefined && handed.expiresMs <= io.clock.nowMs();
  if (handed && !isOver) return success(() => identityOf(context.claim() ?? handed));
  if (keystore.has("claim")) return success(() => keystore.read("claim"));
  return handed ? ENDED : failed("no-identity", "claim certificate");
}

function identityOf({ certificate, key }: Claim): ClientIdentity {
  return { chain: [fromBase64(certificate)], key: fromBase64(key.reveal()) };
}

function identityIn({ certificate, key }: Reply): ClientIdentity | undefined {
  return certificate && key && isKeyOf(key, certificate) ? { chain: [certificate], key } : undefined;
}
