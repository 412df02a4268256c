/** What a certificate of AWS IoT's makes of a device: how it connects, and where it speaks and listens. */

import type { Result } from "../../modules/base/failure.js";
import { crc32 } from "../../modules/data/crc32.js";
import type { CertificateId, SlotId } from "../../modules/identity/keystore.js";
import { type Configuration, checkConfiguration } from "../configuration.js";
import { isTopic } from "../credentials.js";
import type { ProvisioningContext } from "../protocol.js";

export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
}

/**
 * @param deviceConfiguration of the account: a member `dataTopic` names the topic `data`, and so with any other. Of more
 *   than the flash takes the last ones are left out: who has its certificate must get online with it.
 */
export function awsConfiguration(
  connection: Connection,
  certificate: CertificateId,
  deviceConfiguration: Readonly<Record<string, string>> = {},
): Result<Configuration> {
  const members = Object.entries(deviceConfiguration);
  for (;;) {
    const checked = configurationOf(connection, certificate, members);
    if (checked.ok || checked.failure.reason !== "answer-too-large" || members.length === 0) return checked;
    members.pop();
  }
}

function configurationOf(
  { host, port, clientId }: Connection,
  certificate: CertificateId,
  members: readonly (readonly [name: string, value: string])[],
): Result<Configuration> {
  return checkConfiguration({
    credentials: {
      ...{ host, port, clientId, tls: true, certificate, qos: 1 },
      ...{ username: undefined, password: undefined },
      topics: { ...topicsOf(clientId), ...topicsIn(members) },
    },
    deviceConfiguration: Object.fromEntries(members),
  });
}

/** Below the name: policies allow that with one variable, `devices/${iot:Connection.Thing.ThingName}/*`. */
function topicsOf(thingName: string): Readonly<Record<string, string>> {
  const base = `devices/${thingName}`;
  return { status: `${base}/status`, data: `${base}/data`, control: `${base}/control` };
}

/** What cannot be published to is none: the one below the name stays. */
function topicsIn(members: readonly (readonly [name: string, value: string])[]): Readonly<Record<string, string>> {
  const topics: Record<string, string> = {};
  for (const [name, value] of members) {
    const topic = /^(\w+)Topic$/.exec(name)?.[1];
    if (topic !== undefined && isTopic(topic, value)) topics[topic] = value;
  }
  return topics;
}

/** The newest that is stored of this address, with the certificate that it names. */
export function keptIn(context: ProvisioningContext): Configuration | undefined {
  const kept = context.stored();
  const certificate = kept?.credentials.certificate;
  return certificate !== undefined && context.keystore.has(certificate) ? kept : undefined;
}

/** A record came first: its certificate may be missing, or another one may have come into its slot. */
export function holds({ keystore }: ProvisioningContext, { slot, mark }: { slot: SlotId; mark: number }): boolean {
  const leaf = keystore.read(slot)?.chain[0];
  return leaf !== undefined && crc32(leaf) === mark;
}
