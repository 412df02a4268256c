/**
 * The xiaozhi activation. Version 2: query, a code for a person to enter, the challenge signed with HMAC-SHA256, a long
 * poll until the code was entered, connection settings. Version 1, without a serial number and a key: the code alone.
 * Where the code has no challenge there is nothing to poll but the query.
 */
import { failed, type Result, success } from "../../modules/base/failure.js";
import { splitQuery } from "../../modules/data/url.js";
import type { Identity } from "../../modules/identity/identity.js";
import type { Answer, Protocol, ProvisioningContext } from "../protocol.js";
import { activate } from "./activate.js";
import { query } from "./query.js";
import { requery } from "./requery.js";
import type { Version } from "./request.js";

interface Variant extends Pick<Protocol, "name" | "isChoice" | "owns" | "detection"> {
  /** @returns undefined where the device cannot speak it */
  versionFor(identity: Identity): Version | undefined;
}

/** Version 2 where the device has a serial number and a key, version 1 where it has none. */
export const xiaozhi = createProtocol({
  name: "xiaozhi",
  /** Its services live at a path that ends in `ota`. */
  owns: ({ path }) => /\/ota\/*$/i.test(splitQuery(path)[0]),
  /** At its own address a text about its state: `OTA接口运行正常，…` or `OTA接口不正常，…`. */
  detection: {
    url: (address) => address,
    isShownBy: ({ status, body }) => status === 200 && body.trimStart().startsWith("OTA接口"),
  },
  versionFor: ({ serial }) => (serial === undefined ? 1 : 2),
});

export const activationV1 = createProtocol({ name: "activation-v1", isChoice: true, versionFor: () => 1 });

export const activationV2 = createProtocol({
  name: "activation-v2",
  isChoice: true,
  versionFor: (identity) => (canSign(identity) ? 2 : undefined),
});

function createProtocol({ versionFor, ...variant }: Variant): Protocol {
  const ask = (context: ProvisioningContext): Promise<Result<Answer>> => {
    const version = versionFor(context.identity);
    return version ? query(context, version) : Promise.resolve(failed("no-identity"));
  };
  return {
    ...variant,
    query: ask,
    activate(context, activation, waiting) {
      const version = versionFor(context.identity);
      if (!version) return Promise.resolve(failed("no-identity"));
      const { challenge, timeoutMs } = activation;
      if (challenge === undefined) return requery(context, version, activation, waiting);
      return activate(context, version, challenge, timeoutMs, waiting);
    },
    async checkFirmware(context) {
      const answer = await ask(context);
      return answer.ok ? success(undefined) : answer;
    },
    // There is nothing else to ask.
    diagnose: (_context, failure) => Promise.resolve(failure),
  };
}

function canSign(identity: Identity): boolean {
  const signs = (form: "bytes" | "text") => identity.sign("", form) !== undefined;
  return identity.serial !== undefined && (signs("bytes") || signs("text"));
}
