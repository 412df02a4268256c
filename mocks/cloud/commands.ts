import { dialectNames } from "./dialects.js";
import { addFault, endpoints } from "./faults.js";
import { readFirmware } from "./firmware.js";
import { readDevices } from "./import.js";
import type { Operated } from "./operated.js";
import { readSettings } from "./switches.js";
import { asObject, asString } from "./text.js";

type Body = Readonly<Record<string, unknown>>;

export type CommandName = "settings" | "faults" | "firmware" | "devices" | "import" | "broker";

/**
 * What the admin API and the forms of the page have in common.
 * Each throws a RangeError that names the member which is wrong, and has changed nothing then.
 */
export function commands(cloud: Operated): Record<CommandName, (body: Body) => boolean | Promise<boolean>> {
  return {
    /** `{mac, serial, hmacKeyHex}`: signatures with this serial number are checked from then on. */
    devices: ({ mac, serial, hmacKeyHex }) => {
      cloud.addDevice({
        mac: text("mac", mac),
        serial: text("serial", serial),
        hmacKeyHex: text("hmacKeyHex", hmacKeyHex),
      });
      return true;
    },
    /** `{devices: [{mac_address, serial_number, hmac_key}, …]}`, as the factory exports them: all of them or none. */
    import: ({ devices }) => {
      for (const device of readDevices(devices)) cloud.addDevice(device);
      return true;
    },
    /** `{runs: true | false}`, or as a form's text: stops the broker, or starts it again on its port. */
    broker: async ({ runs }) => {
      const wanted = String(runs);
      if (wanted !== "true" && wanted !== "false") fail("runs: true or false is needed");
      await (wanted === "true" ? cloud.startBroker() : cloud.stopBroker());
      return true;
    },
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
    /**
     * `{offer: {version, url, fileSizeBytes, sha256, signature?, changelog?, force?}}`, `{offer: null}` for none, or
     * `{release: "<version>", force?}` for one that the cloud serves.
     */
    firmware: ({ offer, release, force }) => {
      if (release !== undefined) {
        const forced = { force: force === true || force === "true" };
        cloud.offerFirmware(cloud.files.offer(text("release", release), cloud.url, forced));
        return true;
      }
      cloud.offerFirmware(
        offer === null ? null : readFirmware(asObject(offer) ?? fail("offer: an object or null is needed")),
      );
      return true;
    },
  };
}

function text(name: string, value: unknown): string {
  return asString(value) ?? fail(`${name}: a string is needed`);
}

function fail(message: string): never {
  throw new RangeError(message);
}
