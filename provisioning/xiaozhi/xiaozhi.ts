/**
 * The xiaozhi activation. Version 2: query, a code for a person to enter, the challenge signed with HMAC-SHA256, a long
 * poll until the code was entered, connection settings. Version 1, without a serial number and a key: the code alone.
 * Where the code has no challenge there is nothing to poll but the query.
 */
import { failed, type Result, success } from "../../modules/base/failure.js";
import type { Identity } from "../../modules/identity/identity.js";
import type { Answer, Protocol, ProvisioningContext } from "../protocol.js";
import { activate } from "./activate.js";
import { query } from "./query.js";
import { requery } from "./requery.js";
import type { Version } from "./request.js";

/** Version 2 where the device has a serial number and a key, version 1 where it has none. */
export const xiaozhi = createProtocol(({ serial }) => (serial === undefined ? 1 : 2));

export const activationV1 = createProtocol(() => 1);

export const activationV2 = createProtocol((identity) => (canSign(identity) ? 2 : undefined));

/** @param versionOf undefined where the device cannot speak the protocol */
function createProtocol(versionOf: (identity: Identity) => Version | undefined): Protocol {
  const ask = async <T>(
    { identity }: ProvisioningContext,
    request: (version: Version) => Promise<Result<T>>,
  ): Promise<Result<T>> => {
    const version = versionOf(identity);
    return version ? request(version) : failed("no-identity");
  };
  return {
    query: (context) => ask(context, (version) => query(context, version)),
    activate: (context, activation, waiting) =>
      ask<Answer | undefined>(context, (version) => {
        const { challenge } = activation;
        if (challenge === undefined) return requery(context, version, activation, waiting);
        return activate(context, version, { ...activation, challenge }, waiting);
      }),
    async checkFirmware(context) {
      const answer = await ask(context, (version) => query(context, version));
      return answer.ok ? success(undefined) : answer;
    },
    // There is nothing else to ask.
    diagnose: async (_context, failure) => failure,
  };
}

function canSign(identity: Identity): boolean {
  const signs = (form: "bytes" | "text") => identity.sign("", form) !== undefined;
  return identity.serial !== undefined && (signs("bytes") || signs("text"));
}
