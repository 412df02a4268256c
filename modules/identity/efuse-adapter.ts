/**
 * The key store in the chip's eFuses: the serial number in the user block, the key in a block that the chip's HMAC
 * peripheral alone can read. Nothing here writes an eFuse.
 */
import FFI from "mc/ffi";
import { isSerial, type KeyForm, type KeyStore } from "./identity.js";

/** Of the eFuses' user block. */
const SERIAL_BYTES = 32;
const DIGEST_BYTES = 32;

export class EfuseKeyStore implements KeyStore {
  readonly serial: string;

  private constructor(serial: string) {
    this.serial = serial;
  }

  /** @returns undefined where the eFuses have not both, a serial number and a key; the simulator has none */
  static open(): KeyStore | undefined {
    const bytes = new Uint8Array(SERIAL_BYTES);
    const length = new FFI().efuse_serial(bytes.buffer);
    const serial = String.fromCharCode(...bytes.subarray(0, length));
    return isSerial(serial) ? new EfuseKeyStore(serial) : undefined;
  }

  sign(message: Uint8Array<ArrayBuffer>, form: KeyForm): Uint8Array<ArrayBuffer> | undefined {
    // Nobody has the text that these bytes were handed over as.
    if (form !== "bytes") return undefined;
    const digest = new Uint8Array(DIGEST_BYTES);
    // A buffer of its own: C sees no view's offset.
    const error = new FFI().efuse_hmac(message.slice().buffer, message.length, digest.buffer);
    return error ? undefined : digest;
  }
}
