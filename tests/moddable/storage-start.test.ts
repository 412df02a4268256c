/** The start of the virtual device's NVS: as the chip's, which tests/c/storage.test.ts has in C. */
import { describe, expect, test } from "vitest";
import { openStorage } from "../../mocks/moddable/storage-start.js";
import { IDENTITY, NVS } from "../../modules/update/simulator/partitions.js";
import { identityCopy } from "../../tools/factory/identity-copy.js";
import { toNvsEntries } from "../../tools/factory/record.js";
import { type NvsEntry, readNvs, writeNvs } from "../../tools/nvs/nvs.js";
import { damages, FROM_COPY, flipBits, IN_THIS_START } from "../nvs/damaged.js";

const RECORD = toNvsEntries({ serial: "SN-1", hmacKey: "5b".repeat(32), url: "https://x.example/" });
const SETTINGS: NvsEntry = { namespace: "agent", key: "settings0", value: { type: "string", value: "{}" } };
const BLANK = new Uint8Array(IDENTITY.size).fill(0xff);

const used = () => writeNvs([SETTINGS, ...RECORD], NVS.size);
const recordIn = (image: Uint8Array) => readNvs(image).entries.filter(({ namespace }) => namespace === "factory");

describe.each(damages)("$name", ({ error, isLost, spoil }) => {
  const flash = used();
  spoil(flash);

  test(error ? "is erased, and keeps the record" : "opens", () => {
    const { image, repaired } = openStorage(flash, BLANK);
    expect(repaired).toBe(error && IN_THIS_START + error);
    expect(recordIn(image)).toEqual(isLost ? [] : RECORD);
    const settings = readNvs(image).entries.filter(({ namespace }) => namespace === "agent");
    expect(settings).toHaveLength(error || isLost ? 0 : 1);
    // The next start tells of it, and does nothing.
    const again = openStorage(image, BLANK);
    expect([again.repaired, recordIn(again.image)]).toEqual([error, recordIn(image)]);
  });

  test("has its record from the copy at the latest", () => {
    const { image, repaired } = openStorage(flash, identityCopy(RECORD));
    expect(recordIn(image)).toEqual(RECORD);
    expect(repaired).toBe((error && IN_THIS_START + error) + (isLost ? FROM_COPY : 0));
  });
});

test("with flipped bits the copy brings back what was lost", () => {
  for (let seed = 0; seed < 24; seed++) {
    const flash = used();
    flipBits(flash, seed);
    const { image } = openStorage(flash, identityCopy(RECORD));
    expect(
      recordIn(image)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(RECORD.map(({ key }) => key).sort());
  }
});

test("another record stays as it is", () => {
  const other = toNvsEntries({ serial: "SN-9", hmacKey: "11".repeat(32) });
  expect(recordIn(openStorage(writeNvs(other, NVS.size), identityCopy(RECORD)).image)).toEqual(other);
});

test("a record that is too large for the copy has none", () => {
  const large: NvsEntry = {
    namespace: "factory",
    key: "claim_cert",
    value: { type: "blob", value: new Uint8Array(14_000) },
  };
  expect(identityCopy([large])).toEqual(BLANK);
  expect(identityCopy([SETTINGS])).toEqual(BLANK);
  expect(recordIn(identityCopy([SETTINGS, ...RECORD]))).toEqual(RECORD);
});
