/** What a certificate of AWS IoT's makes of a device: how it connects, and where it speaks and listens. */

import type { Result } from "../../modules/base/failure.js";
import { crc32 } from "../../modules/data/crc32.js";
import type { CertificateId, SlotId } from "../../modules/identity/keystore.js";
import { type Configuration, checkConfiguration } from "../configuration.js";
import type { ProvisioningContext } from "../protocol.js";

export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
}

/** @param deviceConfiguration of the account: a member `dataTopic` names the topic `data`, and so with any other */
export function awsConfiguration(
  { host, port, clientId }: Connection,
  certificate: CertificateId,
  deviceConfiguration: Readonly<Record<string, string>> = {},
): Result<Configuration> {
  return checkConfiguration({
    credentials: {
      ...{ host, port, clientId, tls: true, certificate, qos: 1 },
      ...{ username: undefined, password: undefined },
      topics: { ...topicsOf(clientId), ...topicsIn(deviceConfiguration) },
    },
    deviceConfiguration,
  });
}

/** Below the name: policies allow that with one variable, `devices/${iot:Connection.Thing.ThingName}/*`. */
function topicsOf(thingName: string): Readonly<Record<string, string>> {
  const base = `devices/${thingName}`;
  return { status: `${base}/status`, data: `${base}/data`, control: `${base}/control` };
}

function topicsIn(deviceConfiguration: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const topics: Record<string, string> = {};
  for (const [name, value] of Object.entries(deviceConfiguration)) {
    const match = /^(\w+)Topic$/.exec(name);
    if (match) topics[match[1]!] = value;
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
