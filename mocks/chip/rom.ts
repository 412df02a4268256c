import { blockOf, buildReply, commands, type Request, registerWrites, romErrors } from "./protocol.js";
import type { Registers } from "./registers.js";
import type { RomFlash } from "./rom-flash.js";
import { type Security, securityInfo } from "./security.js";

/** A chip in download mode answers a SYNC eight times, with a value that is not zero; the loader in RAM says zero. */
const SYNC_REPLIES = 8;
const SYNC_VALUE = 0x2012_0707;
const OK = [0, 0, 0, 0];

export interface RomOptions {
  readonly registers: Registers;
  readonly security: Security;
  /** Undefined: the chip is older than the command that asks for it. */
  readonly chipId: number | undefined;
  readonly send: (packet: Uint8Array) => void;
  /** The program in RAM was told to run. */
  readonly run: () => void;
  readonly flash: RomFlash;
}

/** The loader in ROM: brings another one into RAM, or writes flash by itself. */
export class RomLoader {
  readonly #options: RomOptions;
  readonly #memory = new Map<number, number>();
  #address = 0;
  #remaining = 0;

  constructor(options: RomOptions) {
    this.#options = options;
  }

  async handle(request: Request): Promise<void> {
    const { registers, security, chipId } = this.#options;
    const { command, words } = request;
    if (command === commands.sync) this.#answer(request, SYNC_VALUE, undefined, SYNC_REPLIES);
    else if (command === commands.readRegister && words.length === 1) this.#answer(request, registers.read(words[0]!));
    else if (command === commands.writeRegister && registerWrites(request)) {
      for (const one of registerWrites(request) ?? []) registers.write(...one);
      this.#answer(request);
    } else if (command === commands.securityInfo && chipId !== undefined)
      this.#answer(request, 0, securityInfo(security, chipId));
    else if (command === commands.memoryBegin && words.length === 4) {
      this.#remaining = words[0]!;
      this.#address = words[3]!;
      this.#answer(request);
    } else if (command === commands.memoryData) this.#data(request);
    else if (command === commands.memoryEnd && words.length === 2) this.#end(request);
    else if (command === commands.flashData || command === commands.deflatedData) await this.#flashData(request);
    else await this.#flash(request);
  }

  async #flash(request: Request): Promise<void> {
    const { flash } = this.#options;
    const reply = await flash.handle(request);
    if (!reply || reply.error) return this.#refuse(request, reply?.error ?? romErrors.invalidMessage);
    this.#answer(request, 0, reply.data);
    flash.after(request);
  }

  async #flashData(request: Request): Promise<void> {
    const { block, whole, intact } = blockOf(request);
    if (!whole) return this.#refuse(request, romErrors.invalidMessage);
    const error = intact ? await this.#options.flash.write(block) : romErrors.badChecksum;
    if (error) this.#refuse(request, error);
    else this.#answer(request);
  }

  #data(request: Request): void {
    const { block, whole, intact } = blockOf(request);
    if (!whole || block.length > this.#remaining) this.#refuse(request, romErrors.invalidMessage);
    else if (!intact) this.#refuse(request, romErrors.badChecksum);
    else {
      for (const byte of block) this.#memory.set(this.#address++, byte);
      this.#remaining -= block.length;
      this.#answer(request);
    }
  }

  /** A program that does not begin with code where it is said to begin crashes; here the host hears nothing more. */
  #end(request: Request): void {
    const entry = request.words[1]!;
    if (this.#remaining) this.#refuse(request, romErrors.failed);
    else {
      this.#answer(request);
      if (this.#memory.has(entry)) this.#options.run();
    }
  }

  #answer({ command }: Request, value = 0, data: Uint8Array = new Uint8Array(0), times = 1): void {
    for (let left = times; left > 0; left--) this.#options.send(buildReply(command, value, data, OK));
  }

  #refuse({ command }: Request, error: number): void {
    this.#options.send(buildReply(command, 0, new Uint8Array(0), [1, error, 0, 0]));
  }
}
