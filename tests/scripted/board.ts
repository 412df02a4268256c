/** A board with a flash of two slots, a bootloader, and the agent in whichever image is started. */

import { sha256 } from "@noble/hashes/sha2.js";
import { type FlashStore, Nor } from "../../mocks/moddable/nor.js";
import { toHex } from "../../modules/data/hex.js";
import type { System } from "../../modules/system/system.js";
import type { Firmware, Sha256Stream } from "../../modules/update/firmware.js";
import { OUTCOMES, PENDING } from "../../modules/update/records.js";
import { boot } from "../../modules/update/simulator/bootloader.js";
import { createFlashStorage } from "../../modules/update/simulator/flash-adapter.js";
import { type Hash, readDescriptor } from "../../modules/update/simulator/image.js";
import { Ota } from "../../modules/update/simulator/ota.js";
import { SECTOR_BYTES, SLOTS } from "../../modules/update/simulator/partitions.js";
import { createUpdate } from "../../modules/update/simulator/update-adapter.js";
import { openSlot, readRunningHead } from "../../modules/update/slot-adapter.js";
import type { FirmwareOffer } from "../../modules/update/update.js";
import { Updater } from "../../modules/update/updates.js";
import { rightCalendar } from "../calendar.js";
import { goodWorld } from "./cloud.js";
import type { FileServer } from "./file-server.js";
import { makeImage } from "./image.js";
import type { Script } from "./script.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

/** As the device tells it. */
export type Reset = "power-on" | "software" | "panic";

/** What an image is, by its version. */
export interface Behaviour {
  /** Milliseconds from its start; below 0: before the agent runs. */
  readonly crashesAfterMs?: number;
  readonly script?: Partial<Script>;
}

export class Board {
  readonly chip: Nor;
  readonly #server: FileServer;
  /** By version; the others are good. */
  readonly behaviours = new Map<string, Behaviour>();
  /** Whose signatures the firmware takes; undefined: none is wanted. */
  signer: string | undefined;
  withoutChecksum = false;
  /** What the build says. */
  minimumVersion = "";
  busy: string | undefined;
  isTimeKnown = true;
  entries: Map<string, string>;
  createSha256: Firmware["createSha256"] = createSha256;
  /** What the network is like. */
  script: Partial<Script> = {};
  /** In steps of the board's life, from 1; 0: never. */
  cutAtStep = 0;
  world: World | undefined;
  version = "";
  resets: Reset[] = [];
  #ota: Ota | undefined;
  #steps = 0;
  #crash: { atMs: number } | undefined;

  constructor(entries: Map<string, string>, server: FileServer, version = "1.0.0") {
    this.entries = entries;
    this.#server = server;
    this.chip = new Nor({ store: new SparseStore(), onOperation: () => this.#operate() });
    const image = makeImage({ version });
    this.chip.write(SLOTS[0]!.address, image);
    this.#steps = 0;
  }

  /** Of all starts. */
  get steps(): number {
    return this.#steps + (this.world?.steps ?? 0);
  }

  /** Through the bootloader. @returns undefined where the power fails in there */
  start(reset: Reset): World | undefined {
    this.resets.push(reset);
    this.#steps = this.steps;
    this.world = undefined;
    let slot: number | undefined;
    try {
      slot = boot(this.chip, newSha256);
    } catch {
      return undefined;
    }
    if (slot === undefined) throw new Error("no image is good: the board is a brick");
    this.#ota = new Ota({
      chip: this.chip,
      runningSlot: slot,
      newSha256,
      abort(reason) {
        throw new Error(reason);
      },
    });
    this.version = readDescriptor(this.chip, SLOTS[slot]!)!.version;
    const { crashesAfterMs, script } = this.behaviours.get(this.version) ?? {};
    this.#crash = crashesAfterMs === undefined ? undefined : { atMs: crashesAfterMs };
    const world = new World({ ...goodWorld(), ...this.script, ...script }, new ScriptedStore(this.entries), {
      firmwareVersion: this.version,
      resetReason: reset,
      updates: (of) =>
        new Updater({
          ...{ clock: of.clock, random: of.random, store: of.store, stream: this.#server.streamOf(of) },
          calendar: { ...rightCalendar, isKnown: this.isTimeKnown },
          log: { level: "normal", debug() {}, note: (text) => void of.notes.push(text), event() {} },
          system: { resetReason: () => reset } as System,
          firmware: this.#firmware(),
          build: {
            firmwareVersion: this.version,
            firmwareWithoutChecksum: this.withoutChecksum,
            firmwareMinimumVersion: this.minimumVersion,
          },
          application: { busy: () => this.busy },
        }),
    });
    if (this.cutAtStep > this.#steps) world.cutAtStep = this.cutAtStep - this.#steps;
    this.world = world;
    if (this.#crash === undefined || this.#crash.atMs >= 0) world.boot();
    return world;
  }

  get hasCrashed(): boolean {
    return this.#crash !== undefined && this.world !== undefined && this.world.clock.ticksMs() >= this.#crash.atMs;
  }

  get pending() {
    return PENDING.read(new ScriptedStore(this.entries));
  }

  get outcomes() {
    return OUTCOMES.read(new ScriptedStore(this.entries)) ?? [];
  }

  /** An operation of the flash, in its middle or at its end. */
  #operate(): void {
    if (this.world) {
      if (this.world.step()) throw new Error("no power");
    } else if (++this.#steps === this.cutAtStep) throw new Error("no power");
  }

  #firmware(): Firmware {
    const ota = () => this.#ota!;
    const storage = createFlashStorage(ota);
    return {
      boot: {
        version: (built) => built,
        onTrial: () => ota().onTrial,
        accept: () => ota().accept(),
        rolledBackVersion: () => ota().rolledBack()?.version,
      },
      openSlot: () => openSlot(storage, createUpdate(ota)),
      runningHead: () => readRunningHead(storage),
      createSha256: () => this.createSha256(),
      demandsSignature: this.signer !== undefined,
      // Arithmetic has tests of its own: here a signature is its maker's name and the hash.
      isSigned: (hash, signature) => signature === signatureOf(this.signer!, hash),
    };
  }
}

export function signatureOf(signer: string, hash: Uint8Array): string {
  return `${signer}:${toHex(hash)}`;
}

export function offerOf(image: Uint8Array, version: string, change: Partial<FirmwareOffer> = {}): FirmwareOffer {
  return {
    ...{ version, urls: ["http://ota.example.com/firmware.bin"], sizeBytes: image.length },
    ...{ sha256: toHex(sha256(image)), signature: undefined, notes: undefined, force: false },
    ...change,
  };
}

export function createSha256(): Sha256Stream {
  const hash = sha256.create();
  return { write: (bytes) => void hash.update(bytes), close: () => hash.digest() as Uint8Array<ArrayBuffer> };
}

function newSha256(): Hash {
  const hash = sha256.create();
  return {
    write: (data) => void hash.update(new Uint8Array(data)),
    close: () => hash.digest().slice().buffer as ArrayBuffer,
  };
}

/** Of 8 MB little is ever written. */
class SparseStore implements FlashStore {
  readonly #sectors = new Map<number, Uint8Array>();

  read(offset: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes);
    this.#each(offset, lengthBytes, (sector, start, at, count) => {
      const stored = this.#sectors.get(sector);
      if (stored) bytes.set(stored.subarray(start, start + count), at);
    });
    return bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#each(offset, bytes.length, (sector, start, at, count) => {
      let stored = this.#sectors.get(sector);
      if (!stored) {
        stored = new Uint8Array(SECTOR_BYTES);
        this.#sectors.set(sector, stored);
      }
      stored.set(bytes.subarray(at, at + count), start);
    });
  }

  #each(
    offset: number,
    lengthBytes: number,
    visit: (sector: number, start: number, at: number, count: number) => void,
  ): void {
    for (let at = 0; at < lengthBytes; ) {
      const start = (offset + at) % SECTOR_BYTES;
      const count = Math.min(SECTOR_BYTES - start, lengthBytes - at);
      visit(Math.floor((offset + at) / SECTOR_BYTES), start, at, count);
      at += count;
    }
  }
}
