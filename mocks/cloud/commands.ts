import type { MockCloud } from "./cloud.js";
import { dialectNames } from "./dialects.js";
import { addFault, endpoints } from "./faults.js";
import { readFirmware } from "./firmware.js";
import { readSettings } from "./switches.js";
import { asObject } from "./text.js";

type Body = Readonly<Record<string, unknown>>;

/**
 * What changes the cloud's behaviour, for the admin API and for the forms of the page.
 * Each throws a RangeError that names the member which is wrong, and has changed nothing then.
 */
export function commands(cloud: MockCloud): Record<"settings" | "faults" | "firmware", (body: Body) => true> {
  return {
    /** `{dialect?, <switch>: <value>, …}`: the dialect first. */
    settings: ({ dialect, ...values }) => {
      const changes = readSettings(values);
      if (dialect !== undefined) {
        const named = dialectNames.find((name) => name === dialect);
        cloud.speak(named ?? fail(`dialect: one of ${dialectNames.join(", ")} is needed`));
      }
      cloud.change(changes);
      return true;
    },
    /** `{endpoint, kind, times?, …}` plans one fault; `{clear: true | "<endpoint>"}` forgets what is planned. */
    faults: (body) => {
      const { clear } = body;
      if (clear === undefined) addFault(cloud.faults, body);
      else if (clear === true) cloud.faults.clear();
      else cloud.faults.clear(endpoints.find((name) => name === clear) ?? fail("clear: true or an endpoint is needed"));
      return true;
    },
    /** `{offer: {version, url, fileSizeBytes, sha256, changelog?, force?}}`, or `{offer: null}` for none. */
    firmware: ({ offer }) => {
      cloud.offerFirmware(
        offer === null ? null : readFirmware(asObject(offer) ?? fail("offer: an object or null is needed")),
      );
      return true;
    },
  };
}

function fail(message: string): never {
  throw new RangeError(message);
}
