/** Images signed for secure boot, by ESP-IDF's "Secure Boot v2", Signature Block Format, of RSA-3072. */
import { constants, createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { crc32 } from "../../modules/data/crc32.js";

const SECTOR_BYTES = 4096;
const MODULUS_BITS = 3072n;

/** As `espsecure sign-data --version 2` does it: padded to a sector, and a sector with a block for each key. */
export function signForSecureBoot(image: Uint8Array, ...keys: readonly KeyObject[]): Buffer {
  const padding = Buffer.alloc(-image.length & (SECTOR_BYTES - 1), 0xff);
  const content = Buffer.concat([image, padding]);
  const sector = Buffer.alloc(SECTOR_BYTES, 0xff);
  sector.set(Buffer.concat(keys.map((key) => signatureBlock(content, key))));
  return Buffer.concat([content, sector]);
}

function signatureBlock(content: Uint8Array, key: KeyObject): Buffer {
  const { n } = createPublicKey(key).export({ format: "jwk" });
  const modulus = Buffer.from(n!, "base64url");
  const number = BigInt(`0x${modulus.toString("hex")}`);
  const montgomery = (1n << (2n * MODULUS_BITS)) % number;
  const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const block = Buffer.alloc(1216);
  block.set([0xe7, 2]);
  block.set(createHash("sha256").update(content).digest(), 4);
  block.set(modulus.reverse(), 36);
  block.writeUInt32LE(65_537, 420);
  block.set(Buffer.from(montgomery.toString(16).padStart(768, "0"), "hex").reverse(), 424);
  block.writeUInt32LE(Number(minusInverse(number)), 808);
  block.set(sign("sha256", content, options).reverse(), 812);
  return withCrc(block);
}

/** @param block changed in its place */
export function withCrc(block: Buffer): Buffer {
  block.writeInt32LE(crc32(block.subarray(0, 1196)), 1196);
  return block;
}

/** -1/number modulo 2^32, by Newton's steps: each doubles the bits that are right. */
function minusInverse(number: bigint): bigint {
  let inverse = 1n;
  for (let bits = 1; bits < 32; bits *= 2) inverse = BigInt.asUintN(32, inverse * (2n - number * inverse));
  return BigInt.asUintN(32, -inverse);
}

/** What its eFuse has to hold, as `espsecure digest-sbv2-public-key` writes it: of the block's bytes from 36 to 812. */
export function keyDigest(key: KeyObject): string {
  return createHash("sha256")
    .update(signatureBlock(Buffer.alloc(0), key).subarray(36, 812))
    .digest("hex");
}

/** Signed by espsecure 4.8.1: 4,000 bytes of 0xa5, and what it put behind them. The block's last 16 bytes are zeros. */
export const FROM_ESPSECURE = {
  contentBytes: 4000,
  keyDigest: "7bc41366ab78a25454cf085d6751e704c590fc0c876ad8c0ba9623ad53f91272",
  file(): Buffer {
    const file = Buffer.alloc(2 * SECTOR_BYTES, 0xff).fill(0xa5, 0, 4000);
    file.set(Buffer.concat([Buffer.from(BLOCK, "base64"), Buffer.alloc(16)]), SECTOR_BYTES);
    return file;
  },
};

const BLOCK = [
  "5wIAALIMJ7Q9RzDInIrolOO2BjO/27n2NeZU1OtrR7eY2vxmjeM7cqoL1e5DXzzXk9TgNYayIXnG+HU9N7YwK+X0TjMiYB0d2axzeDkMnMXwfimC",
  "oQNWvbHg1gqhR603qmCsl7ZMOaopnCJSlPP++77QMe0p99EiCK3ekks3QOqf87koZUJUYmEe6F7409cBfsl14eGJWxP3XHJRM5qc7BScgj4alkRl",
  "6pJ4By9qknVRAvYkUm7g1YJu3IVNVaovNe2iKPVy8iIf7sombZ1CCVsYJOIJu6jufWCAyxm96pH35EAyVGNxn/XbV2GpUucgjOp3H0NmS1oJwK0f",
  "P+tVH8GFo4JKyY/05wnePkv7tjFbwlLF9ZUptNOWLGbT/zi1rwHH9b96PA0bX9RxvZy2Tb7YBmMY8OgQ/l1YRC7fo5izZZlUTCqtHOr2bcZUbZXH",
  "VicG+FhiEk8YJBYat32GhyN1TxxMe57huQNHG/fZEQS6R3pb4iMNFjNWhgiqmbMEIKEqtXI7I/iXTQcaGUZkur1pssXk9Nj3uoB8r0Z+iKnZH2HM",
  "AQABAGaXtWruUjvG+es+QmULdDOpkniPOklXWm63JJmBHKiUK0L2WwFdJP8hrCa9soiMtC6Dl0a4PX4GZ7HZ7vokOWK22uGtUvnJk9C5putKOrZT",
  "rXiN6QFrTEoAhJdRn8IdWUrxM4ei3eQdSO1EH62e10YFnAW4Jy0AlgfIwKjcxY+ngmgW4vliMwb4pBwMn/1V+bOqAEYm6/H5tU3IED5NbdFV1zp5",
  "+nCH3yHkaygPPEuLdiQCVlAN5+qT7gU0pSK0XuMs45SFv8uu6VFBf/oq0gpvWEwGlds6Y4WVmtmH1r7cP8PV3Gk69KXQjIFNy8dQjS072WxPRvZj",
  "2iaQkVf2dW602ppmT05HzAoI2w6zT+ZPB6+9v92PR3tGvy9gIxsJsx8hNSZq0Vs8Wwr28Ifuh+GO+jgrhitj5JGjZp8aJphmh6SJ4uc2rUgv1+VU",
  "gHubpxjkjQMntIZqqa65VTAmKqHDyKASDmFmPMtLHx/jI1dG4d2PV3DfAiLHH5JkRF4Nb7vobTlJAxYjTNzFS6uuvEQvM+ZHhzYTBccu8kbhVKdQ",
  "VX41P+w+R0b3xJJbVjGu4XcCuA1h4hjm+S9+quqUioyU8Hf/WUe1ERQGisQpgqXg6N3xXW5S4N0nDs7wQpuxFneY0LlRmA90ZYkpiO4h75/2MpL8",
  "e8bsMydAaBo0whqabRG8pCpA8tmIRdNfywYlRdxlh4hXWAOwuaHJg+Ppy+8tdqqRCXnK/oH7prtVMqhv0d/qaxb34Frg8uFiiXY/p8R4qH462WQ+",
  "+ghTyzr2SxA5j99qM73wVpoqV5m2dTsPLOA7jSrEM6pAmHb6RC5lvW405+UUCO6KMP1zKZNq/Hn8sBT5n8ZQCwMwSyqaAItiGn1pYYDvLAAqx8Mg",
  "9v4iIOJ7jH+CXzy6tCEBRPe+TqK/QiO4S8a3npRSALmrWIwQCWDeg4dzjg9Y9AA1mjnlIaVzPtwiATVlcs5ssCLuCeWxoETRV/vhfgimSBVMOQpN",
  "JrueATruShC+P1NHu/xObrzw4C9FJIGI",
].join("");
