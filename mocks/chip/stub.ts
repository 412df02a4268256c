import { md5 } from "@noble/hashes/legacy.js";
import { type NorFlash, SECTOR_BYTES } from "./flash.js";
import { DeflatedWriter, FlashWriter } from "./flash-writer.js";
import {
  blockOf,
  buildReply,
  commands,
  MOST_BLOCK_BYTES,
  type Request,
  registerWrites,
  stubErrors,
} from "./protocol.js";
import type { Registers } from "./registers.js";
import { type Security, securityInfo } from "./security.js";

const SYNC_WORDS = 9;
const SYNC_REPLIES = 8;
const nothing = new Uint8Array(0);

export interface StubOptions {
  readonly flash: NorFlash;
  readonly registers: Registers;
  readonly security: Security;
  /** Undefined: the chip is older than the command that asks for it. */
  readonly chipId: number | undefined;
  readonly send: (packet: Uint8Array) => void;
  readonly setBaudRate: (baudRate: number) => void;
  /** The next packet from the host, whatever it is. */
  readonly receive: () => Promise<Uint8Array>;
  /** Of the processor alone: the loader in ROM is there again. */
  readonly restart: () => void;
}

/**
 * The loader in RAM (esptool-legacy-flasher-stub's stub_flasher.c, stub_commands.c, stub_write_flash.c, and what
 * esp-flasher-stub's command_handler.c has of it): what writes, reads and checks.
 */
export class StubLoader {
  readonly #options: StubOptions;
  #writer: FlashWriter | undefined;
  #deflated: DeflatedWriter | undefined;
  /** Of the last block: it is acknowledged before it is written, so its error comes with the next reply. */
  #blockError: number = stubErrors.none;

  constructor(options: StubOptions) {
    this.#options = options;
  }

  async handle(request: Request): Promise<void> {
    const { flash, registers, security, chipId } = this.#options;
    const { command, words } = request;
    // One thing after the other: what a block has brought is in flash before anything else is looked at.
    if (command !== commands.deflatedData && command !== commands.deflatedEnd) await this.#deflated?.settle();
    switch (command) {
      case commands.sync:
        if (words.length !== SYNC_WORDS) return this.#answer(request, stubErrors.badLength);
        for (let left = SYNC_REPLIES; left > 0; left--) this.#answer(request);
        return;
      case commands.readRegister:
        return this.#answer(request, lengthError(words, 1), nothing, registers.read(words[0] ?? 0));
      case commands.writeRegister:
        for (const one of registerWrites(request) ?? []) registers.write(...one);
        return this.#answer(request, registerWrites(request) ? stubErrors.none : stubErrors.badLength);
      case commands.spiParameters:
        return this.#answer(request, lengthError(words, 6));
      case commands.spiAttach:
        return this.#answer(request, lengthError(words, 1));
      case commands.changeBaudRate:
        this.#answer(request, lengthError(words, 2));
        // It goes for what follows the reply.
        if (words.length === 2) this.#options.setBaudRate(words[0]!);
        return;
      case commands.flashBegin:
      case commands.deflatedBegin:
        return this.#answer(request, this.#begin(request));
      case commands.flashData:
      case commands.deflatedData:
        return this.#data(request);
      case commands.flashEnd:
      case commands.deflatedEnd:
        return this.#end(request);
      case commands.flashMd5:
        return this.#answer(request, lengthError(words, 4), md5(flash.read(words[0]!, words[1]!)));
      case commands.securityInfo:
        if (chipId === undefined) return this.#answer(request, stubErrors.notImplemented);
        return this.#answer(request, lengthError(words, 0), securityInfo(security, chipId));
      case commands.eraseFlash:
        flash.eraseAll();
        return this.#answer(request);
      case commands.eraseRegion:
        return this.#answer(request, this.#erase(request));
      case commands.readFlash:
        return this.#read(request);
      default:
        return this.#answer(request, stubErrors.notImplemented);
    }
  }

  /** The power fails while a block is being written. */
  breakOff(): void {
    this.#writer?.breakOff();
  }

  #begin({ command, words }: Request): number {
    const [sizeBytes = 0, , blockBytes = 0, address = 0] = words;
    // The fifth, of newer hosts, wants the chip to encrypt what comes: it has no key for that.
    if (words.length !== 4 && words.length !== 5) return stubErrors.badLength;
    if (words[4]) return stubErrors.notImplemented;
    if (blockBytes > MOST_BLOCK_BYTES) return stubErrors.badBlockSize;
    this.#blockError = stubErrors.none;
    this.#writer = new FlashWriter(this.#options.flash, address, sizeBytes);
    this.#deflated = command === commands.deflatedBegin ? new DeflatedWriter(this.#writer) : undefined;
    return stubErrors.none;
  }

  async #data(request: Request): Promise<void> {
    const writer = this.#writer;
    if (!writer) return this.#answer(request, stubErrors.notInFlashMode);
    const { block, whole, intact } = blockOf(request);
    if (!whole) return this.#answer(request, stubErrors.badLength);
    if (!intact) return this.#answer(request, stubErrors.badChecksum);
    this.#answer(request, this.#blockError);
    if (this.#deflated) this.#blockError = await this.#deflated.write(block);
    else writer.write(block);
  }

  async #end(request: Request): Promise<void> {
    const writer = this.#writer;
    if (!writer) return this.#answer(request, stubErrors.notInFlashMode);
    const left = writer.remaining && !this.#deflated ? stubErrors.notEnoughData : stubErrors.none;
    const error = this.#blockError || (this.#deflated ? await this.#deflated.end() : left);
    this.#writer = undefined;
    this.#answer(request, error);
    if (!error && request.words[0] === 0) this.#options.restart();
  }

  #erase({ words }: Request): number {
    const [address = 0, sizeBytes = 0] = words;
    const aligned = words.length === 2 && address % SECTOR_BYTES === 0 && sizeBytes % SECTOR_BYTES === 0;
    if (!aligned) return stubErrors.badLength;
    for (let at = address; at < address + sizeBytes; at += SECTOR_BYTES) {
      this.#options.flash.eraseSector(at / SECTOR_BYTES);
    }
    return stubErrors.none;
  }

  /** Blocks, each after the host has said how much it has; then the MD5 of all. */
  async #read(request: Request): Promise<void> {
    const { flash, send, receive } = this.#options;
    const [address = 0, sizeBytes = 0, blockBytes = 0, mostAhead = 0] = request.words;
    this.#answer(request, lengthError(request.words, 4));
    if (request.words.length !== 4 || blockBytes > SECTOR_BYTES) return;
    const content = flash.read(address, sizeBytes);
    let sent = 0;
    for (let confirmed = 0; confirmed < sizeBytes && confirmed <= sent; ) {
      while (sent < sizeBytes && sent - confirmed < mostAhead) {
        send(content.subarray(sent, Math.min(sent + blockBytes, sizeBytes)));
        sent = Math.min(sent + blockBytes, sizeBytes);
      }
      const packet = await receive();
      if (packet.length !== 4) break;
      confirmed = new DataView(packet.buffer, packet.byteOffset).getUint32(0, true);
    }
    send(md5(content));
  }

  #answer({ command }: Request, error: number = stubErrors.none, data: Uint8Array = nothing, value = 0): void {
    this.#options.send(buildReply(command, value, error ? nothing : data, [error, 0]));
  }
}

function lengthError(words: readonly number[], count: number): number {
  return words.length === count ? stubErrors.none : stubErrors.badLength;
}
