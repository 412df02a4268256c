import { Digest } from "crypt";
import FFI from "mc/ffi";
import { reportFault } from "../base/guard.js";
import { Secret } from "../base/secret.js";
import { toHex } from "../data/hex.js";
import { isPassphrase } from "../settings/settings.js";
import type { Store } from "../storage/storage.js";
import { EfuseKeyStore } from "./efuse-adapter.js";
import type { Sha256 } from "./hmac.js";
import {
  type FactoryProduct,
  type Identity,
  isToken,
  type KeyForm,
  type KeyStore,
  makePassword,
  normaliseMac,
  uuidV4,
} from "./identity.js";
import { NvsKeyStore } from "./nvs-keys.js";
import { readProduct } from "./product.js";

export const sha256: Sha256 = (...parts) => {
  const digest = new Digest("SHA256");
  for (const part of parts) digest.write(part.slice().buffer);
  return new Uint8Array(digest.close());
};

/** From the factory's namespace, the chip, and the agent's own namespace for what nobody else gives. */
export class BoardIdentity implements Identity {
  readonly mac: string;
  readonly serial: string | undefined;
  readonly uuid: string;
  readonly accessPointPassword: Secret | undefined;
  readonly isPasswordOwn: boolean;
  readonly product: FactoryProduct;
  private readonly factory: Store;
  private readonly keys: KeyStore;

  /**
   * @param factory the namespace that only the factory writes: `serial`, `hmac_key`, `ap_password`, `device_token`, and
   *   what `readProduct` reads; the chip's eFuses come first where they have serial number and key
   * @param store the agent's own namespace: keeps the `uuid`, and what the device makes up: the access point's password
   *   where the factory gave none, or a damaged one, and the `mac` where there is no radio
   * @param isOpen the access point is open where the factory gave no password
   */
  constructor(factory: Store, store: Store, random: () => number, isOpen = false) {
    const given = factory.get("ap_password") ?? "";
    this.factory = factory;
    this.keys = EfuseKeyStore.open() ?? new NvsKeyStore(factory, sha256);
    this.mac = stationMac() ?? kept(store, "mac", normaliseMac, () => madeUpMac(random));
    this.serial = this.keys.serial;
    this.uuid = kept(
      store,
      "uuid",
      (text) => (isUuid(text) ? text : undefined),
      () => uuidV4(random),
    );
    this.isPasswordOwn = !isPassphrase(given) && !(isOpen && given === "");
    if (this.isPasswordOwn)
      this.accessPointPassword = new Secret(kept(store, "ap_password", passphrase, () => makePassword(random)));
    else this.accessPointPassword = given === "" ? undefined : new Secret(given);
    this.product = readProduct(factory);
  }

  deviceToken(): Secret | undefined {
    const token = this.factory.get("device_token") ?? "";
    return isToken(token) ? new Secret(token) : undefined;
  }

  sign(text: string, form: KeyForm): string | undefined {
    const digest = this.keys.sign(new Uint8Array(ArrayBuffer.fromString(text)), form);
    return digest && toHex(digest);
  }
}

const MAC_BYTES = 6;
/** What the simulator's `station_mac` returns. */
const NO_RADIO = -2;

/**
 * @returns undefined where there is no radio
 * @throws where the chip cannot tell its own address: a made-up one would be registered with the service and stay there
 */
function stationMac(): string | undefined {
  const bytes = new Uint8Array(MAC_BYTES);
  const error = new FFI().station_mac(bytes.buffer);
  if (error === NO_RADIO) return undefined;
  const mac = error ? undefined : normaliseMac(toHex(bytes));
  if (!mac) throw new Error(`the chip has no MAC address: ${error}`);
  return mac;
}

function passphrase(text: string): string | undefined {
  return isPassphrase(text) ? text : undefined;
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

function kept(store: Store, key: string, check: (text: string) => string | undefined, make: () => string): string {
  const known = check(store.get(key) ?? "");
  if (known) return known;
  const made = make();
  try {
    store.set(key, made);
  } catch {
    reportFault("identity", new Error(`${key} cannot be stored`)); // it holds until the next boot
  }
  return made;
}

/** For the simulator: a locally administered one, made once. */
function madeUpMac(random: () => number): string {
  return `02:${Array.from({ length: 5 }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, "0")
      .toUpperCase(),
  ).join(":")}`;
}
