/**
 * Fleet provisioning of AWS IoT: a claim certificate, from the factory or from a trusted user's phone, is exchanged for
 * one of the device's own, over MQTT. Its key is made, and what has come is in flash, before the next step: a power cut
 * loses no key that somebody has heard of, and at most one certificate, and the device says which.
 */

import { type Failure, failed, type Reason, type Result, success } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import { sleep } from "../../modules/clock/clock.js";
import { fromBase64 } from "../../modules/data/base64.js";
import type { CertificateId } from "../../modules/identity/keystore.js";
import type { ClientIdentity } from "../../modules/tls/client-identity.js";
import { awsConfiguration, keptIn } from "../aws/configuration.js";
import type { Reply } from "../aws/reply.js";
import type { Claim } from "../claim.js";
import type { Configuration } from "../configuration.js";
import { type Answer, asAnswer, certificatesAlone, type Protocol, type ProvisioningContext } from "../protocol.js";
import { type Creation, create, FROM_CSR, firstWay, isClosed, type Tried, WITH_KEYS } from "./creation.js";
import { Dialogue, type Endpoint, knock, RECONNECT_MS } from "./dialogue.js";
import { ENROLMENT, type Enrolment, enrolmentIn, stagedIn } from "./record.js";
import { isDefinite, isTokenRefused, nameOf, parametersOf, registerTopic, rejection, templateOf } from "./request.js";
import { rotationTemplate } from "./rotation.js";

/** A token counts for an hour; nobody's clock is exact. */
const TOKEN_LIFETIME_MS = 55 * 60 * 1000;

/** The broker is there, and does not want this certificate, or this client id with it. */
export const REFUSALS: ReadonlySet<Reason> = new Set([
  "broker-closed",
  "broker-credentials",
  "broker-refused",
  "connection-lost",
  "tls-certificate-refused",
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

/** What is in use is stored. A rotation that has failed may have left another one behind, or a key: it waits for the next. */
function forgetEnrolment(context: ProvisioningContext, used: CertificateId): void {
  if (enrolmentIn(context)?.certificateId === "") return;
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

/** In the one way, and where that is barred, over another connection in the other. */
async function enrolAt(
  context: ProvisioningContext,
  endpoint: Endpoint,
  registration: Registration,
): Promise<Result<Answer>> {
  const first = firstWay(context);
  const tried = await enrolBy(context, endpoint, registration, first);
  let { found } = tried;
  if (!found.ok && tried.isBarred && !hasEnded(context, registration, found.failure)) {
    const way = first === FROM_CSR ? WITH_KEYS : FROM_CSR;
    context.note(`fleet provisioning: ${first.name}: ${found.failure.reason}; ${way.name} takes its place`);
    await sleep(context.io.clock, RECONNECT_MS);
    ({ found } = await enrolBy(context, endpoint, registration, way));
  }
  return !found.ok && hasEnded(context, registration, found.failure) ? ENDED : asAnswer(found);
}

async function enrolBy(
  context: ProvisioningContext,
  endpoint: Endpoint,
  registration: Registration,
  way: Creation,
): Promise<Tried<Configuration>> {
  const opened = await Dialogue.open(context, endpoint, [way.topic, registerTopic(registration.templateName)]);
  if (!opened.ok) return { found: opened, isBarred: isClosed(opened.failure) };
  const dialogue = opened.value;
  const tried = await exchange(context, dialogue, registration, way);
  await dialogue.close();
  return tried;
}

/** The claim: the calendar may not have been known before. */
function hasEnded(context: ProvisioningContext, { isByClaim }: Registration, { reason }: Failure): boolean {
  return isByClaim === true && REFUSALS.has(reason) && !claimOf(context).ok;
}

async function exchange(
  context: ProvisioningContext,
  dialogue: Dialogue,
  registration: Registration,
  way: Creation,
): Promise<Tried<Configuration>> {
  // In a turn of its own: the chip's stack has no room for a record of TLS on top of all who ask.
  await undefined;
  const staged = stagedIn(context);
  const isYoung = staged && Math.abs(context.io.clock.nowMs() - staged.createdMs) < TOKEN_LIFETIME_MS;
  const found = isYoung ? await register(context, dialogue, staged, registration) : TOKEN_REFUSED;
  if (found !== TOKEN_REFUSED) return { found, isBarred: false };
  if (staged?.isSent) sayLost(context, staged);
  const { found: created, isBarred } = await create(context, dialogue, way);
  if (!created.ok) return { found: created, isBarred };
  const registered = await register(context, dialogue, created.value, registration);
  if (registered !== TOKEN_REFUSED) return { found: registered, isBarred: false };
  return { found: failed("server-error", "it refuses the token that it has just given"), isBarred: false };
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
