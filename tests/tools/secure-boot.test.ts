import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import { makeImage } from "../../mocks/device/image.js";
import { signersOf } from "../../tools/secure-boot.js";
import { FROM_ESPSECURE, keyDigest, signForSecureBoot, withCrc } from "./secure-boot.js";

const [one, two] = [newKey(), newKey()];
const image = makeImage({ version: "1.2.0" });
const signed = signForSecureBoot(image, one);
const sectorAt = signed.length - 4096;

function newKey(): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength: 3072 }).privateKey;
}

/** @param change gets the first signature block */
function withBlock(change: (block: Buffer) => void): Buffer {
  const file = Buffer.from(signed);
  change(file.subarray(sectorAt, sectorAt + 1216));
  return file;
}

test("an image alone has no signers", () => expect(signersOf(image, image.length)).toEqual([]));

test("one that espsecure has signed is told by the digest that espsecure gives for its key", () => {
  const { file, contentBytes, keyDigest } = FROM_ESPSECURE;
  expect(signersOf(file(), contentBytes)).toEqual([keyDigest]);
});

test("up to three signatures are found", () => {
  const file = signForSecureBoot(image, one, two, one);
  expect(signersOf(file, image.length)).toEqual([one, two, one].map(keyDigest));
});

test("an image that ends with a sector needs no padding", () => {
  const whole = Buffer.alloc(8192, 0x5a);
  const file = signForSecureBoot(whole, two);
  expect(file).toHaveLength(8192 + 4096);
  expect(signersOf(file, whole.length)).toEqual([keyDigest(two)]);
});

const ecdsa = withBlock((block) => withCrc(block.fill(3, 1, 2)));
const otherImage = Buffer.concat([makeImage({ version: "1.2.1" }), signed.subarray(image.length)]);
const otherDigest = withBlock((block) => {
  block.set(createHash("sha256").update("another").digest(), 4);
  withCrc(block);
});

test.each<[string, Uint8Array, RegExp]>([
  ["a few bytes", Buffer.concat([image, Buffer.alloc(16)]), /16 bytes .* behind the image/],
  ["a few erased bytes", Buffer.concat([image, Buffer.alloc(16, 0xff)]), /16 bytes .* behind the image/],
  ["a sector of anything", Buffer.concat([signed.subarray(0, sectorAt), Buffer.alloc(4096, 1)]), /behind the image/],
  ["padding of zeros", Buffer.concat([signed]).fill(0, image.length, sectorAt), /behind the image/],
  ["padding, and no signature", signed.subarray(0, sectorAt), /is padded .* not signed/],
  ["padding, and a blank sector", Buffer.from(signed).fill(0xff, sectorAt), /is padded .* not signed/],
  ["half a signature sector", signed.subarray(0, -2048), /behind the image/],
  ["something behind the signature sector", Buffer.concat([signed, Buffer.alloc(4096, 0xff)]), /behind the image/],
  ["a signature of it and its signature", signForSecureBoot(signed, two), /behind the image/],
  ["something in the sector behind the blocks", Buffer.from(signed).fill(0, signed.length - 1), /behind the image/],
  ["a block with a wrong bit", withBlock((block) => block.fill(block[500]! ^ 1, 500, 501)), /block 1 is damaged/],
  ["a signature by ECDSA", ecdsa, /ECDSA.*RSA-3072/],
  ["the signature of another image", otherImage, /block 1 is not of this image/],
  ["a digest that is not the image's", otherDigest, /block 1 is not of this image/],
  [
    "a signature by somebody else",
    withBlock((block) => {
      block.set(signForSecureBoot(image, two).subarray(sectorAt + 812, sectorAt + 1196), 812);
      withCrc(block);
    }),
    /block 1 is not of this image/,
  ],
  ["a key that is none", withBlock((block) => withCrc(block.fill(0, 36, 424))), /block 1 is not of this image/],
  [
    "a second block that is damaged",
    Buffer.from(signForSecureBoot(image, one, two)).fill(0, sectorAt + 1300, sectorAt + 1301),
    /block 2 is damaged/,
  ],
])("what stands behind the image is not taken: %s", (_what, file, why) => {
  expect(() => signersOf(file, image.length)).toThrow(RangeError);
  expect(() => signersOf(file, image.length)).toThrow(why);
});
