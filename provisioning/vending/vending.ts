/**
 * A certificate vending machine: one HTTPS request brings a certificate that is active at once, with its key. Some
 * machines delete the certificate before it for each that they sell, one sells once: nothing is asked for as long as
 * the device has a certificate from there, and what comes is in flash before it is used.
 */

import { type Failed, type Failure, failed, type Reason, type Result, success } from "../../modules/base/failure.js";
import { formatAddress } from "../../modules/data/address.js";
import { crc32 } from "../../modules/data/crc32.js";
import { HANDSHAKE_REASONS } from "../../modules/tls/ends.js";
import { awsConfiguration, holds, keptIn } from "../aws/configuration.js";
import type { Configuration } from "../configuration.js";
import { type Answer, asAnswer, certificatesAlone, type Protocol, type ProvisioningContext } from "../protocol.js";
import { type Dialect, dialectOf, endpointOf, readGoods, requestOf } from "./dialects.js";
import { identityOf } from "./identity.js";
import { type Bought, SALE } from "./record.js";

/** RSA keys are made there; a person in the portal waits for this. */
const TIMEOUT_MS = 20_000;
const DAY_MS = 24 * 60 * 60 * 1000;

export const vending: Protocol = {
  ...certificatesAlone,
  name: "vending",
  owns: (address) => dialectOf(address) !== undefined,
  records: [SALE],
  issuedSlot: (store) => SALE.read(store)?.bought?.slot,
  query(context) {
    const kept = keptIn(context);
    const found = kept ? success(kept) : configurationOf(lastBought(context));
    return found ? Promise.resolve(asAnswer(found)) : buy(context);
  },
};

/** A power cut came before the journal had it. */
function lastBought(context: ProvisioningContext): Bought | undefined {
  const sale = SALE.read(context.store);
  const bought = sale?.url === formatAddress(context.url) ? sale.bought : undefined;
  return bought && holds(context, bought) ? bought : undefined;
}

function configurationOf(bought: Bought | undefined): Result<Configuration> | undefined {
  return bought && awsConfiguration(bought, bought.slot);
}

async function buy(context: ProvisioningContext): Promise<Result<Answer>> {
  const { io, url, identity, store, timeoutMs = TIMEOUT_MS } = context;
  const dialect = dialectOf(url)!;
  const token = context.deviceToken();
  if (!token) return failed("no-identity", "device token");
  const address = formatAddress(url);
  if (SALE.read(store)?.url === address) context.note(`vending machine: ${LOST[dialect]}`);
  const asked = SALE.write(store, { url: address });
  if (!asked.ok) return asked;
  const customer = { serial: identity.serial ?? identity.mac, token };
  const exchange = await io.http({ ...requestOf(dialect, url, customer), timeoutMs });
  const goods = exchange.ok ? readGoods(dialect, exchange.value) : exchange;
  if (!goods.ok) return refused(context, dialect, withoutToken(goods.failure, token.reveal()));
  const proof = identityOf(goods.value);
  if (!proof.ok) return proof;
  const endpoint = endpointOf(goods.value, url);
  if (!endpoint) return failed("bad-answer", "no endpoint");
  const slot = context.freeSlot();
  const clientId = goods.value.thingName ?? customer.serial;
  const bought: Bought = { ...endpoint, slot, clientId, mark: crc32(proof.value.chain[0]!) };
  // The record is worth nothing before its certificate is there, and the certificate says nothing without it.
  const noted = SALE.write(store, { url: address, bought });
  const stored = noted.ok ? context.keystore.write(slot, proof.value) : noted;
  return stored.ok ? asAnswer(configurationOf(bought)!) : stored;
}

/** What a repeat means where an answer has not come, or is not in flash any more. */
const LOST: Readonly<Record<Dialect, string>> = {
  awslabs: "a certificate may be lost: asking again deletes it",
  "iot-atlas": "a certificate may be lost, and each device gets one: it may have to be reset there",
  form: "a certificate may be lost that stays active, and nobody has its key: delete it in the account",
};

/** After these the machine has sold nothing. */
const UNSOLD: ReadonlySet<Reason> = new Set<Reason>([
  ...HANDSHAKE_REASONS,
  "name-unknown",
  "unreachable",
  "secret-refused",
  "request-refused",
  "serial-unknown",
  "device-disabled",
  "rate-limited",
  "unexpected-status",
]);

function refused({ store }: ProvisioningContext, dialect: Dialect, failure: Failure): Failed {
  if (UNSOLD.has(failure.reason)) SALE.erase(store);
  // It does not answer those that it refuses either; but each answer is one more certificate that stays active.
  else if (dialect === "form") return failed(failure.reason, "the next try is in a day", DAY_MS);
  return { ok: false, failure };
}

/** A server may say again what it was sent. */
function withoutToken(failure: Failure, token: string): Failure {
  return failure.detail?.includes(token) ? { ...failure, detail: undefined } : failure;
}
