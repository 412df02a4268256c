/**
 * The two ways to a new certificate: for a key that the device makes (CreateCertificateFromCsr), or with one that the
 * account makes (CreateKeysAndCertificate). A claim's policy may allow either: AWS IoT closes the connection for the
 * other, at its subscription or at its publication.
 */

import { isKeyOf } from "modules/tls/certificates-adapter";
import { type Failure, failed, type Reason, type Result, success } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import { formatAddress } from "../../modules/data/address.js";
import { crc32 } from "../../modules/data/crc32.js";
import { toPem } from "../../modules/data/pem.js";
import type { SlotId } from "../../modules/identity/keystore.js";
import { holds } from "../aws/configuration.js";
import type { Reply } from "../aws/reply.js";
import type { ProvisioningContext } from "../protocol.js";
import type { Dialogue } from "./dialogue.js";
import { ENROLMENT, type Enrolment, enrolmentIn, stagedIn } from "./record.js";
import { isDefinite, nameOf, rejection } from "./request.js";

/** A constant in ROM. */
export interface Creation {
  /** For people. */
  readonly name: string;
  readonly topic: string;
  readonly isOwnKey: boolean;
  /** JSON. */
  request(context: ProvisioningContext): Result<string>;
}

export const FROM_CSR: Creation = Object.freeze({
  name: "CreateCertificateFromCsr",
  topic: "$aws/certificates/create-from-csr/json",
  isOwnKey: true,
  request: signingRequest,
});

export const WITH_KEYS: Creation = Object.freeze({
  name: "CreateKeysAndCertificate",
  topic: "$aws/certificates/create/json",
  isOwnKey: false,
  request: () => success("{}"),
});

/** What has come of it. Barred: it may be for the way alone, and the other one may be open. */
export interface Tried<T> {
  readonly found: Result<T>;
  readonly isBarred: boolean;
}

/** The device's own key first; the account's where the other way was found barred, as long as this enrolment lasts. */
export function firstWay(context: ProvisioningContext): Creation {
  return enrolmentIn(context)?.isOwnKey === false ? WITH_KEYS : FROM_CSR;
}

/** How AWS IoT refuses what a policy does not allow; a connection may be lost in the same way. */
const CLOSED: ReadonlySet<Reason> = new Set(["broker-closed", "connection-lost", "topic-refused"] as const);

export function isClosed({ reason }: Failure): boolean {
  return CLOSED.has(reason);
}

/** When it has found something all of it is in flash. */
export async function create(
  context: ProvisioningContext,
  dialogue: Dialogue,
  way: Creation,
): Promise<Tried<Enrolment>> {
  const request = way.request(context);
  if (!request.ok) return { found: request, isBarred: false };
  const answered = await dialogue.ask(way.name, way.topic, request.value);
  if (!answered.ok) return { found: answered, isBarred: isClosed(answered.failure) };
  const { isAccepted, reply } = answered.value;
  const found = isAccepted ? keep(context, reply, way) : rejection(reply);
  if (found.ok) return { found, isBarred: false };
  const isBarred = !isAccepted && isDefinite(reply) && found.failure.reason !== "rate-limited";
  if (!isBarred) prefer(context, way);
  return { found, isBarred };
}

/** It is open: the next try need not begin with the other one. */
function prefer(context: ProvisioningContext, { isOwnKey }: Creation): void {
  // A certificate that has come says by itself which way it came.
  if (!stagedIn(context)) ENROLMENT.write(context.store, waiting(context, context.freeSlot(), isOwnKey));
}

function keep(context: ProvisioningContext, reply: Reply, { name, isOwnKey }: Creation): Result<Enrolment> {
  const { io, url, keystore, store } = context;
  const { certificateId, certificateOwnershipToken } = reply.texts;
  const { certificate } = reply;
  const slot = context.freeSlot();
  // Not kept while the account was at work.
  const key = isOwnKey ? ownKeyIn(context, slot) : reply.key;
  if (!certificate || !key || !certificateId || !certificateOwnershipToken)
    return failed("bad-answer", `${name}: a certificate, its key or its token is missing or damaged`);
  if (!isKeyOf(key, certificate)) return failed("bad-answer", `${name}: the certificate is another key's`);
  const enrolment: Enrolment = {
    ...{ url: formatAddress(url), slot, mark: crc32(certificate), isOwnKey, certificateId, isSent: false },
    ...{ token: new Secret(certificateOwnershipToken), createdMs: io.clock.nowMs() },
  };
  // The record is worth nothing before its certificate is there, and the certificate says nothing without it.
  const noted = ENROLMENT.write(store, enrolment);
  const stored = noted.ok ? keystore.write(slot, { chain: [certificate], key }) : noted;
  return stored.ok ? success(enrolment) : stored;
}

/** The key is in flash before anybody hears of it. */
function signingRequest(context: ProvisioningContext): Result<string> {
  const { io, identity } = context;
  const slot = context.freeSlot();
  const known = ownKeyIn(context, slot);
  const key = known ?? io.keys.make();
  // A serial number may be longer than a subject's name; an address is not.
  const request = key && (io.keys.request(key, nameOf(identity)) ?? io.keys.request(key, identity.mac));
  if (!request) return failed("internal", "no key of the device's own");
  const kept = known ? success(undefined) : keepKey(context, slot, key);
  if (!kept.ok) return kept;
  return success(JSON.stringify({ certificateSigningRequest: toPem("CERTIFICATE REQUEST", request) }));
}

/** What was in the slot goes first: nothing else may be taken for the key. */
function keepKey(context: ProvisioningContext, slot: SlotId, key: Uint8Array): Result<void> {
  const { keystore, store } = context;
  const erased = keystore.erase(slot);
  const noted = erased.ok ? ENROLMENT.write(store, waiting(context, slot, true)) : erased;
  return noted.ok ? keystore.write(slot, { key, chain: [] }) : noted;
}

/** That waits for its certificate, or whose certificate was never used: of this enrolment there is one key. */
function ownKeyIn(context: ProvisioningContext, slot: SlotId): Uint8Array | undefined {
  const { keystore } = context;
  const enrolment = enrolmentIn(context);
  if (enrolment?.slot !== slot) return undefined;
  const key = keystore.waitingKey(slot);
  return key ?? (enrolment.isOwnKey && holds(context, enrolment) ? keystore.read(slot)?.key : undefined);
}

function waiting({ url }: ProvisioningContext, slot: SlotId, isOwnKey: boolean): Enrolment {
  return {
    ...{ url: formatAddress(url), slot, isOwnKey, mark: 0, certificateId: "", isSent: false },
    ...{ token: new Secret(""), createdMs: 0 },
  };
}
