/** What survives a power cut between a new certificate and the journal. */

import { Secret } from "../../modules/base/secret.js";
import { formatAddress } from "../../modules/data/address.js";
import { asInteger, asObject, asText } from "../../modules/data/json.js";
import type { SlotId } from "../../modules/identity/keystore.js";
import { StoredRecord } from "../../modules/storage/record.js";
import { holds } from "../aws/configuration.js";
import {
  type Configuration,
  checkConfiguration,
  encodeConfiguration,
  type RawConfiguration,
} from "../configuration.js";
import type { ProvisioningContext } from "../protocol.js";

/** A certificate that has come, or a key that waits for one: then there is no `certificateId`. */
export interface Enrolment {
  readonly url: string;
  readonly slot: SlotId;
  /** CRC-32 of the certificate: another one may have come into its slot, or none. */
  readonly mark: number;
  /** The device makes the key, and not the account. */
  readonly isOwnKey: boolean;
  /** By it people find the certificate in the account; empty where none has come. */
  readonly certificateId: string;
  /** Empty where it is not needed any more. */
  readonly token: Secret;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** RegisterThing was published, and no answer says what has come of it. */
  readonly isSent: boolean;
  /** RegisterThing has brought it. */
  readonly configuration?: Configuration | undefined;
}

export const ENROLMENT: StoredRecord<Enrolment> = new StoredRecord({
  key: "enrolment",
  encode: ({ token, configuration, ...others }: Enrolment) => ({
    ...others,
    token: token.reveal(),
    ...(configuration && { configuration: encodeConfiguration(configuration) }),
  }),
  decode(value): Enrolment | undefined {
    const raw = asObject(value) ?? {};
    const url = asText(raw.url);
    const slot = raw.slot === "slot0" || raw.slot === "slot1" ? raw.slot : undefined;
    const mark = asInteger(raw.mark, -0x8000_0000, 0x7fff_ffff);
    const createdMs = asInteger(raw.createdMs, 0, Number.MAX_SAFE_INTEGER);
    if (!url || !slot || mark === undefined || createdMs === undefined) return undefined;
    const checked = raw.configuration ? checkConfiguration(raw.configuration as RawConfiguration) : undefined;
    return {
      ...{ url, slot, mark, createdMs, isOwnKey: raw.isOwnKey === true },
      certificateId: asText(raw.certificateId) ?? "",
      token: new Secret(asText(raw.token) ?? ""),
      isSent: raw.isSent === true,
      configuration: checked?.ok ? checked.value : undefined,
    };
  },
});

/** Of this address. */
export function enrolmentIn({ store, url }: ProvisioningContext): Enrolment | undefined {
  const enrolment = ENROLMENT.read(store);
  return enrolment?.url === formatAddress(url) ? enrolment : undefined;
}

/** Of this address, with its certificate. */
export function stagedIn(context: ProvisioningContext): Enrolment | undefined {
  const enrolment = enrolmentIn(context);
  return enrolment && holds(context, enrolment) ? enrolment : undefined;
}
