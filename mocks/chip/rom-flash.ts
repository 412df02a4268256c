import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { NorFlash } from "./flash.js";
import { DeflatedWriter, FlashWriter } from "./flash-writer.js";
import { commands, type Request, romErrors } from "./protocol.js";

const nothing = new Uint8Array(0);
/** Longest block that the loader in ROM takes; that in RAM takes sixteen times as much. */
const MOST_BLOCK_BYTES = 0x400;

export interface RomFlashOptions {
  readonly flash: NorFlash;
  readonly setBaudRate: (baudRate: number) => void;
  /** Of the processor: FLASH_END with 0. */
  readonly restart: () => void;
}

export interface RomReply {
  readonly error: number;
  readonly data: Uint8Array;
}

/**
 * What the loader in ROM does with flash for hosts that bring no other (`--no-stub`): esptool's documentation, "Serial
 * Protocol". SPI_ATTACH and the BEGIN commands have a word more than those of the loader in RAM, the MD5 is text, and
 * before SPI_ATTACH the pins are no pins of flash.
 */
export class RomFlash {
  readonly #options: RomFlashOptions;
  #attached = false;
  #writer: FlashWriter | undefined;
  #deflated: DeflatedWriter | undefined;

  constructor(options: RomFlashOptions) {
    this.#options = options;
  }

  /** @returns undefined for what is no command of these */
  async handle({ command, words }: Request): Promise<RomReply | undefined> {
    await this.#deflated?.settle();
    switch (command) {
      case commands.spiAttach:
        this.#attached ||= words.length === 2;
        return reply(words.length === 2 ? 0 : romErrors.invalidMessage);
      case commands.changeBaudRate:
        return reply(words.length === 2 ? 0 : romErrors.invalidMessage);
      case commands.spiParameters:
        return reply(words.length === 6 ? 0 : romErrors.invalidMessage);
      case commands.flashBegin:
      case commands.deflatedBegin:
        return reply(this.#begin(command, words));
      case commands.flashEnd:
      case commands.deflatedEnd:
        return reply(this.#end());
      case commands.flashMd5:
        return words.length === 4 && this.#attached ? this.#md5(words[0]!, words[1]!) : reply(romErrors.failed);
      default:
        return undefined;
    }
  }

  /** @param block whole and intact */
  async write(block: Uint8Array): Promise<number> {
    if (!this.#writer || block.length > MOST_BLOCK_BYTES) return romErrors.failed;
    if (this.#deflated) return (await this.#deflated.write(block)) ? romErrors.deflate : 0;
    this.#writer.write(block);
    return 0;
  }

  /** After the reply. */
  after({ command, words }: Request): void {
    if (command === commands.changeBaudRate) this.#options.setBaudRate(words[0]!);
    const isEnd = command === commands.flashEnd || command === commands.deflatedEnd;
    if (isEnd && words[0] === 0) this.#options.restart();
  }

  /** It erases at once, all that was announced. */
  #begin(command: number, words: readonly number[]): number {
    const [sizeBytes = 0, , blockBytes = 0, address = 0, isEncrypted] = words;
    if (words.length !== 5 || blockBytes > MOST_BLOCK_BYTES) return romErrors.invalidMessage;
    // The chip has no key to encrypt with.
    if (isEncrypted || !this.#attached) return romErrors.failed;
    this.#writer = new FlashWriter(this.#options.flash, address, sizeBytes);
    this.#deflated = command === commands.deflatedBegin ? new DeflatedWriter(this.#writer) : undefined;
    this.#writer.eraseAll();
    return 0;
  }

  #end(): number {
    const isEnded = this.#writer !== undefined;
    this.#writer = undefined;
    return isEnded ? 0 : romErrors.failed;
  }

  #md5(address: number, sizeBytes: number): RomReply {
    return { error: 0, data: new TextEncoder().encode(bytesToHex(md5(this.#options.flash.read(address, sizeBytes)))) };
  }
}

function reply(error: number): RomReply {
  return { error, data: nothing };
}
