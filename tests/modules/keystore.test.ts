/** What the chip keeps of certificates and keys: whole or not at all, wherever the power fails. */
import { afterEach, describe, expect, test } from "vitest";
import { makeCertificate } from "../../mocks/certificates.js";
import { host } from "../../mocks/moddable/host.js";
import { Nvs } from "../../mocks/moddable/nvs.js";
import { NvsKeystore, SLOTS } from "../../modules/identity/keystore.js";
import { NvsStore } from "../../modules/storage/adapter.js";
import type { Store } from "../../modules/storage/storage.js";
import type { ClientIdentity } from "../../modules/tls/client-identity.js";
import { NVS } from "../../modules/update/simulator/partitions.js";
import { toNvsEntries } from "../../tools/factory/record.js";
import "../moddable/support.js";
import { ScriptedStore } from "../scripted/store.js";

const authority = makeCertificate({ subject: "CA", isAuthority: true });
const [one, other] = ["one", "other"].map((subject) => identityOf(makeCertificate({ subject, issuer: authority })));

function identityOf({ der, key }: ReturnType<typeof makeCertificate>): ClientIdentity {
  const pkcs8 = Uint8Array.from(key.export({ type: "pkcs8", format: "der" }));
  return { chain: [Uint8Array.from(der), Uint8Array.from(authority.der)], key: pkcs8 };
}

const plain = (identity: ClientIdentity | undefined) =>
  identity && [identity.key, ...identity.chain].map((bytes) => Buffer.from(bytes).toString("hex"));

const keystoreIn = (store: Store) => new NvsKeystore(store, new ScriptedStore());

afterEach(() => {
  host.nvs = new Nvs();
});

/** @param operation the power fails right after it; 0: never. `boot` is a start without a failure. */
interface Flash {
  readonly name: string;
  cutAt(operation: number, change: (store: Store) => void): { readonly operations: number };
  boot(): Store;
}

const flashes: (() => Flash)[] = [
  () => {
    const entries = new Map<string, string>();
    return {
      name: "a store of the script",
      boot: () => new ScriptedStore(entries),
      cutAt(operation, change) {
        const store = new ScriptedStore(entries);
        store.cutAfter = operation;
        change(store);
        return store;
      },
    };
  },
  () => {
    let image = new Nvs().image.slice();
    const mount = (operation: number) => {
      let isOff = false;
      host.nvs = new Nvs({
        image,
        commit(written) {
          if (!isOff) image = written.slice();
        },
        onOperation(count) {
          isOff ||= count === operation;
          if (isOff) throw new Error("no power");
        },
      });
      return new NvsStore("agent");
    };
    return {
      name: "the adapter of NVS",
      boot: () => mount(0),
      cutAt(operation, change) {
        change(mount(operation));
        return host.nvs;
      },
    };
  },
];

describe.each(flashes.map((open) => [open().name, open] as const))("%s", (_name, open) => {
  test("what is written is read, after a restart too, and goes when it is erased", () => {
    const flash = open();
    const keystore = keystoreIn(flash.boot());
    expect(SLOTS.map((slot) => [keystore.has(slot), keystore.read(slot)])).toEqual(Array(2).fill([false, undefined]));
    expect(keystore.write("slot0", one!)).toEqual({ ok: true, value: undefined });
    expect(keystore.write("slot1", other!).ok).toBe(true);
    const later = keystoreIn(flash.boot());
    expect([plain(later.read("slot0")), plain(later.read("slot1"))]).toEqual([plain(one), plain(other)]);
    expect(later.erase("slot0").ok).toBe(true);
    expect(later.erase("slot0").ok).toBe(true);
    expect(SLOTS.map((slot) => keystoreIn(flash.boot()).has(slot))).toEqual([false, true]);
  });

  test("a power cut after any operation of a write leaves the slot empty or with all of it, and the other as it is", () => {
    for (const before of [undefined, other]) {
      let cuts = 0;
      for (let cut = 1; ; cut++) {
        const flash = open();
        keystoreIn(flash.boot()).write("slot1", one!);
        if (before) keystoreIn(flash.boot()).write("slot0", before);
        const { operations } = flash.cutAt(cut, (store) => void keystoreIn(store).write("slot0", one!));
        if (operations < cut) break;
        cuts++;
        const after = keystoreIn(flash.boot());
        expect([undefined, plain(one)]).toContainEqual(plain(after.read("slot0")));
        expect(plain(after.read("slot1"))).toEqual(plain(one));
        expect(after.write("slot0", other!).ok).toBe(true);
        expect(plain(keystoreIn(flash.boot()).read("slot0"))).toEqual(plain(other));
      }
      expect(cuts).toBe(before ? 2 : 1);
    }
  });

  test("a key that waits for its certificate is no identity, and goes as one does", () => {
    const flash = open();
    const { key } = one!;
    expect(keystoreIn(flash.boot()).write("slot0", { chain: [], key }).ok).toBe(true);
    const keystore = keystoreIn(flash.boot());
    expect([keystore.read("slot0"), keystore.has("slot0")]).toEqual([undefined, false]);
    expect([keystore.waitingKey("slot0"), keystore.waitingKey("slot1")]).toEqual([key, undefined]);
    keystore.write("slot0", one!);
    expect([plain(keystore.read("slot0")), keystore.waitingKey("slot0")]).toEqual([plain(one), undefined]);
    keystore.write("slot1", { chain: [], key });
    expect(keystore.erase("slot1").ok).toBe(true);
    expect(flash.boot().getBytes("slot1")).toBeUndefined();
  });

  test("a power cut as the certificate comes leaves the key that waits, nothing, or all of it", () => {
    const { key } = one!;
    for (let cut = 1; ; cut++) {
      const flash = open();
      keystoreIn(flash.boot()).write("slot0", { chain: [], key });
      const { operations } = flash.cutAt(cut, (store) => void keystoreIn(store).write("slot0", one!));
      if (operations < cut) break;
      const after = keystoreIn(flash.boot());
      expect([undefined, key]).toContainEqual(after.waitingKey("slot0"));
      expect([undefined, plain(one)]).toContainEqual(plain(after.read("slot0")));
      expect(after.write("slot0", one!).ok).toBe(true);
      expect(plain(keystoreIn(flash.boot()).read("slot0"))).toEqual(plain(one));
    }
  });

  test("what is there already is not written again: flash wears", () => {
    const flash = open();
    keystoreIn(flash.boot()).write("slot0", one!);
    const { operations } = flash.cutAt(0, (store) => void keystoreIn(store).write("slot0", one!));
    expect(operations).toBe(0);
  });

  test("no bit of it can change without notice", () => {
    const flash = open();
    const store = flash.boot();
    keystoreIn(store).write("slot0", one!);
    const blob = store.getBytes("slot0")!;
    for (let position = 0; position < blob.length; position += position < 12 ? 1 : 97) {
      const damaged = blob.slice();
      damaged[position]! ^= 1 << (position % 8);
      store.setBytes("slot0", damaged);
      expect(keystoreIn(store).read("slot0"), `byte ${position}`).toBeUndefined();
    }
    for (const length of [0, 1, 4, 5, 6, 7, 100, blob.length - 1]) {
      store.setBytes("slot0", blob.subarray(0, length));
      expect(keystoreIn(store).has("slot0"), `${length} bytes`).toBe(false);
    }
    store.set("slot0", "text");
    expect(keystoreIn(store).has("slot0")).toBe(false);
  });
});

test("a flash that is full keeps what it has, and says so", () => {
  const store = new ScriptedStore();
  store.full = true;
  expect(keystoreIn(store).write("slot0", one!)).toMatchObject({ ok: false, failure: { reason: "storage-full" } });
});

test("bytes and strings are told apart", () => {
  for (const store of [new ScriptedStore(), new NvsStore("agent")]) {
    store.setBytes("bytes", Uint8Array.of(0, 34, 255));
    store.set("text", "\u0000bytes");
    expect([store.get("bytes"), store.getBytes("text"), store.getBytes("nothing")]).toEqual(Array(3).fill(undefined));
    expect(store.getBytes("bytes")).toEqual(Uint8Array.of(0, 34, 255));
    expect(store.get("text")).toBe("\u0000bytes");
  }
});

test("the chip's partition has room for the factory's record, a claim and both slots at their largest, over and over", () => {
  const large = { chain: Array<Uint8Array>(3).fill(new Uint8Array(1_500)), key: new Uint8Array(2_400) };
  const credential = {
    certificates: Uint8Array.from([0x30, 0x82, 0x11, 0x94, ...new Uint8Array(4_500)]),
    key: large.key,
  };
  const key = Uint8Array.from([0x30, 0x82, 0x09, 0x60, ...new Uint8Array(2_400)]);
  const record = {
    serial: "SN-1",
    hmacKey: "5a".repeat(32),
    device: { ...credential, key },
    claim: { ...credential, key },
  };
  for (const { namespace, key: name, value } of toNvsEntries(record)) {
    if (value.type === "string") new NvsStore(namespace).set(name, value.value);
    if (value.type === "blob") new NvsStore(namespace).setBytes(name, value.value);
  }
  const store = new NvsStore("agent");
  for (const name of ["claim0", "claim1", "auth0", "auth1"]) store.set(name, "x".repeat(3_990));
  const before = host.nvs.image.slice();
  const keystore = keystoreIn(store);
  for (let round = 0; round < 20; round++)
    for (const slot of SLOTS)
      expect(keystore.write(slot, { ...large, key: new Uint8Array(2_400).fill(round) }).ok, `round ${round}`).toBe(
        true,
      );
  expect(before.length).toBe(NVS.size);
});
