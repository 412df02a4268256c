/** RFC 4231 §4: all test cases of HMAC-SHA-256. Key, data and digest in hex; the fifth digest is truncated. */
export interface Vector {
  readonly name: string;
  readonly key: string;
  readonly data: string;
  readonly digest: string;
}

const hex = (text: string) =>
  [...text].map((character) => character.charCodeAt(0).toString(16).padStart(2, "0")).join("");

export const rfc4231: readonly Vector[] = [
  {
    name: "1",
    key: "0b".repeat(20),
    data: hex("Hi There"),
    digest: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  },
  {
    name: "2, a key shorter than the digest",
    key: hex("Jefe"),
    data: hex("what do ya want for nothing?"),
    digest: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  },
  {
    name: "3, long data",
    key: "aa".repeat(20),
    data: "dd".repeat(50),
    digest: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
  },
  {
    name: "4, a key of 25 bytes",
    key: "0102030405060708090a0b0c0d0e0f10111213141516171819",
    data: "cd".repeat(50),
    digest: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  },
  {
    name: "5, truncated to 128 bits",
    key: "0c".repeat(20),
    data: hex("Test With Truncation"),
    digest: "a3b6167473100ee06e0c796c2955552b",
  },
  {
    name: "6, a key longer than a block",
    key: "aa".repeat(131),
    data: hex("Test Using Larger Than Block-Size Key - Hash Key First"),
    digest: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  },
  {
    name: "7, key and data longer than a block",
    key: "aa".repeat(131),
    data: hex(
      "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
    ),
    digest: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  },
];
