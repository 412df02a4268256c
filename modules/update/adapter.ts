/** The SDK's `embedded:storage/flash` and `embedded:update`, and its digest. */

import FlashStorage from "embedded:storage/flash";
import Update from "embedded:update";
import { Digest } from "crypt";
import { isSigned } from "modules/tls/keys-adapter";
import { boot } from "modules/update/boot-adapter";
import { fromHex } from "../data/hex.js";
import type { Firmware, Sha256Stream, Slot } from "./firmware.js";
import { openSlot, readRunningHead } from "./slot-adapter.js";

/** X and Y of a point of P-256, behind the byte that says that it is not compressed (SEC 1 §2.3.3). */
const POINT_BYTES = 65;
const UNCOMPRESSED = 4;

/** What the build says. */
export interface FirmwareBuild {
  /** Hex of the point on P-256 whose owner signs the images; empty: nobody has to. */
  readonly firmwareKey: string;
}

export class FlashFirmware implements Firmware {
  readonly boot = boot;
  private readonly key: Uint8Array | undefined;

  /** @throws RangeError where the build's key is none: it would pass for a build without one */
  constructor({ firmwareKey }: FirmwareBuild) {
    this.key = firmwareKey === "" ? undefined : parseKey(firmwareKey);
  }

  get demandsSignature(): boolean {
    return this.key !== undefined;
  }

  openSlot(): Slot {
    return openSlot(FlashStorage, Update);
  }

  runningHead(): Uint8Array | undefined {
    return readRunningHead(FlashStorage);
  }

  createSha256(): Sha256Stream {
    return new NativeSha256();
  }

  isSigned(hash: Uint8Array<ArrayBuffer>, signature: string): boolean {
    const der = fromHex(signature);
    return this.key !== undefined && der !== undefined && isSigned(hash, der, this.key);
  }
}

class NativeSha256 implements Sha256Stream {
  private readonly digest = new Digest("SHA256");

  write(bytes: Uint8Array<ArrayBuffer>): void {
    this.digest.write(bytes as unknown as ArrayBuffer);
  }

  close(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.digest.close());
  }
}

function parseKey(hex: string): Uint8Array {
  const point = fromHex(hex);
  if (point?.length !== POINT_BYTES || point[0] !== UNCOMPRESSED) throw new RangeError("firmwareKey is no P-256 point");
  return point;
}
