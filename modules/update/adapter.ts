/** The SDK's `embedded:storage/flash` and `embedded:update`, its digest and its ECDSA. */

import FlashStorage from "embedded:storage/flash";
import Update from "embedded:update";
import { Digest } from "crypt";
import { boot } from "modules/update/boot-adapter";
import { fromHex } from "../data/hex.js";
import { type EcKey, isSignedByEcdsa } from "../tls/signature-adapter.js";
import type { Firmware } from "./firmware.js";
import { openSlot, readRunningHead } from "./slot-adapter.js";

/** X and Y of a point of P-256, behind the byte that says that it is not compressed (SEC 1 §2.3.3). */
const POINT_BYTES = 65;
const UNCOMPRESSED = 4;
const COORDINATE_BYTES = 32;

/** What the build says. */
export interface FirmwareBuild {
  /** Hex of the point on P-256 whose owner signs the images; empty: nobody has to. */
  readonly firmwareKey: string;
}

/** @throws RangeError where the build's key is none: it would pass for a build without one */
export function createFirmware({ firmwareKey }: FirmwareBuild): Firmware {
  const key = firmwareKey === "" ? undefined : parseKey(firmwareKey);
  return {
    boot,
    openSlot: () => openSlot(FlashStorage, Update),
    runningHead: () => readRunningHead(FlashStorage),
    createSha256() {
      const digest = new Digest("SHA256");
      return {
        write: (bytes) => digest.write(bytes as unknown as ArrayBuffer),
        close: () => new Uint8Array(digest.close()),
      };
    },
    demandsSignature: key !== undefined,
    isSigned(hash, signature) {
      const der = fromHex(signature);
      return key !== undefined && der !== undefined && isSignedByEcdsa(hash, der, key);
    },
  };
}

function parseKey(hex: string): EcKey {
  const point = fromHex(hex);
  if (point?.length !== POINT_BYTES || point[0] !== UNCOMPRESSED) throw new RangeError("firmwareKey is no P-256 point");
  return {
    type: "ec",
    curve: "secp256r1",
    x: point.slice(1, 1 + COORDINATE_BYTES),
    y: point.slice(1 + COORDINATE_BYTES),
  };
}
