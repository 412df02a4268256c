/**
 * An ESP32-S3 on its serial line, as a flashing program meets it: reset and boot pins on DTR and RTS, the loader in
 * ROM, the one that the host brings, 8 MB of flash, and what a board says when it starts.
 */
import { bootOutput, downloadOutput } from "./boot-output.js";
import { NorFlash } from "./flash.js";
import { commands, parseRequest } from "./protocol.js";
import { Registers } from "./registers.js";
import { RomLoader } from "./rom.js";
import { RomFlash } from "./rom-flash.js";
import { openSecurity, type Security } from "./security.js";
import { encodeSlip, SlipReader } from "./slip.js";
import { StubLoader } from "./stub.js";

/** How esptool-js tells them apart: by number, and those before the ESP32-S2 by a word in ROM. */
const models = {
  "ESP32-S3": { chipId: 9, magic: 0x09 },
  "ESP32-C3": { chipId: 5, magic: 0x6921_506f },
  ESP32: { chipId: undefined, magic: 0x00f0_1d83 },
} as const;

/** 10 kΩ and 1 µF (ESP32-S3 Hardware Design Guidelines, "Chip Power-up and Reset Timing"), to three quarters. */
const RISE_MS = 14;
const APPLICATION_BAUD_RATE = 115_200;
/** "OHAI": the loader in RAM runs. */
const GREETING = Uint8Array.of(0x4f, 0x48, 0x41, 0x49);

export interface MockChipOptions {
  readonly mac?: string;
  readonly model?: keyof typeof models;
  readonly flashSizeBytes?: number;
  /** The chip's own USB, or a bridge on its serial port, which has to have the right baud rate. */
  readonly connection?: "bridge" | "usb-jtag";
  /** Of the capacitor on EN: how long after the end of a reset by the lines the pin is high, and the boot pin looked at. */
  readonly riseMs?: number;
  /** False: DTR and RTS are not wired; only the buttons lead into download mode. */
  readonly autoReset?: boolean;
  readonly security?: Security;
}

/** What the pins, the cable and the host leave of it. */
type Mode = "off" | "reset" | "rom" | "stub" | "application" | "hung";

/** What happens when the so-manieth block for the flash comes in, counted from when the fault was set. */
export interface BlockFault {
  readonly kind: "unplug" | "corrupt" | "hang";
  readonly atBlock: number;
}

/** The other end of the line. */
export interface Cable {
  readonly deliver: (bytes: Uint8Array, baudRate: number | undefined) => void;
  readonly pull: () => void;
}

export class MockChip {
  readonly flash: NorFlash;
  readonly usbJtag: boolean;
  #options: MockChipOptions;
  #cable: Cable | undefined;
  #fault: BlockFault | undefined;
  #blocks = 0;
  #dtr = false;
  #rts = false;
  #downloadFlag = false;
  /** The boot button, as it was when the straps were sampled. */
  #bootHeld = false;
  #mode: Mode = "off";
  #silent = false;
  /** Gets what the computer sends to it. */
  application: ((bytes: Uint8Array) => void) | undefined;
  /** Counts resets: a loader of before has no line any more. */
  #life = 0;
  #baudRate: number | undefined;
  #slip = new SlipReader();
  #packets: Uint8Array[] = [];
  #waiting: ((packet: Uint8Array) => void) | undefined;

  constructor(options: MockChipOptions = {}) {
    this.#options = options;
    this.usbJtag = options.connection === "usb-jtag";
    this.flash = new NorFlash(options.flashSizeBytes ?? 8 * 1024 * 1024);
  }

  get mode(): Mode {
    return this.#mode;
  }

  setFault(fault: BlockFault | undefined): void {
    this.#fault = fault;
    this.#blocks = 0;
  }

  attach(cable: Cable): void {
    this.#cable = cable;
  }

  powerOn(): void {
    this.#sample(false);
  }

  powerOff(): void {
    this.#enter("off");
  }

  /** A finger on RESET, and another on BOOT or not. */
  pressReset(boot: boolean): void {
    this.#sample(boot);
  }

  /** The application hangs before it says anything. */
  beSilent(silent: boolean): void {
    this.#silent = silent;
  }

  /** Something that the application prints. */
  say(text: string): void {
    this.tell(new TextEncoder().encode(text));
  }

  /** Something that the application sends. */
  tell(bytes: Uint8Array): void {
    if (this.#mode === "application") this.#send(bytes);
  }

  setLines(lines: { dtr?: boolean | undefined; rts?: boolean | undefined }): void {
    this.#dtr = lines.dtr ?? this.#dtr;
    this.#rts = lines.rts ?? this.#rts;
    if (this.#mode === "off" || this.#options.autoReset === false) return;
    if (this.usbJtag) this.#usbLines();
    else this.#bridgeLines();
  }

  /** @param baudRate of the host's port */
  receive(bytes: Uint8Array, baudRate: number): void {
    if (this.#mode === "rom") this.#baudRate = baudRate;
    if (!this.usbJtag && baudRate !== this.#baudRate) return;
    if (this.#mode === "application") this.application?.(bytes);
    if (this.#mode !== "rom" && this.#mode !== "stub") return;
    for (const packet of this.#slip.push(bytes)) {
      if (this.#waiting) this.#waiting(packet);
      else this.#packets.push(packet);
    }
  }

  /** Two transistors between the lines and the pins: RTS alone holds the reset, DTR alone the boot button. */
  #bridgeLines(): void {
    if (this.#rts && !this.#dtr) this.#enter("reset");
    else if (this.#mode === "reset") this.#rise();
  }

  /** What the lines do before the capacitor is charged is not seen by the chip. */
  #rise(): void {
    const life = this.#life;
    setTimeout(() => {
      if (life === this.#life) this.#sample(this.#dtr && !this.#rts);
    }, this.#options.riseMs ?? RISE_MS);
  }

  /**
   * ESP32-S3 Technical Reference Manual, "USB Serial/JTAG Controller", "Reset SoC from USB". It resets the cores, and
   * the straps stay as they are: whoever held the boot button has to reset the chip by hand (esptool's documentation,
   * "Leaving Download Mode in USB-Serial/JTAG Mode").
   */
  #usbLines(): void {
    if (this.#rts && !this.#dtr) this.#start(this.#downloadFlag || this.#bootHeld);
    else if (!this.#rts) this.#downloadFlag = this.#dtr;
  }

  #enter(mode: Mode): void {
    this.#mode = mode;
    this.#life++;
    this.#slip = new SlipReader();
    this.#packets = [];
    this.#waiting = undefined;
  }

  /** A reset of the whole chip. */
  #sample(bootHeld: boolean): void {
    this.#bootHeld = bootHeld;
    this.#start(bootHeld);
  }

  #start(download: boolean): void {
    this.#baudRate = APPLICATION_BAUD_RATE;
    this.#enter(download ? "rom" : "application");
    this.#print(download ? downloadOutput : bootOutput(this.flash, this.#silent));
    if (download) void this.#load();
  }

  async #load(): Promise<void> {
    const model = models[this.#options.model ?? "ESP32-S3"];
    const life = this.#life;
    const registers = new Registers({
      mac: this.#options.mac ?? "84:F7:03:A0:B1:C2",
      magic: model.magic,
      usbJtag: this.usbJtag,
      flashSizeBytes: this.flash.sizeBytes,
      bootHeld: this.#bootHeld,
      onWatchdog: (delayMs) => setTimeout(() => life === this.#life && this.#sample(false), delayMs),
    });
    const send = (packet: Uint8Array) => {
      if (life === this.#life) this.#send(encodeSlip(packet));
    };
    let runs = false;
    const run = () => {
      runs = true;
    };
    const security = this.#options.security ?? openSecurity;
    const setBaudRate = (baudRate: number) => {
      this.#baudRate = baudRate;
    };
    const restart = () => this.#start(true);
    const romFlash = new RomFlash({ flash: this.flash, setBaudRate, restart });
    const rom = new RomLoader({ registers, security, chipId: model.chipId, send, run, flash: romFlash });
    while (!runs) {
      const request = parseRequest(await this.#receive(life));
      if (request) await rom.handle(request);
    }
    this.#mode = "stub";
    send(GREETING);
    const stub = new StubLoader({
      flash: this.flash,
      registers,
      security,
      chipId: model.chipId,
      send,
      setBaudRate,
      receive: () => this.#receive(life),
      restart,
    });
    for (;;) {
      const request = parseRequest(await this.#receive(life));
      if (request && !this.#strikes(request.command, stub)) await stub.handle(request);
    }
  }

  /** After a reset nothing comes any more for the loader that was there. */
  #receive(life: number): Promise<Uint8Array> {
    if (life !== this.#life) return new Promise(() => undefined);
    const packet = this.#packets.shift();
    if (packet) return Promise.resolve(packet);
    return new Promise((resolve) => {
      this.#waiting = (next) => {
        this.#waiting = undefined;
        resolve(next);
      };
    });
  }

  /** True: there is no answer any more. */
  #strikes(command: number, stub: StubLoader): boolean {
    if (command !== commands.flashData && command !== commands.deflatedData) return false;
    if (!this.#fault || ++this.#blocks !== this.#fault.atBlock) return false;
    const { kind } = this.#fault;
    this.#fault = undefined;
    if (kind === "corrupt") this.flash.spoilNext();
    if (kind === "hang") this.#enter("hung");
    if (kind === "unplug") {
      stub.breakOff();
      this.#cable?.pull();
    }
    return kind !== "corrupt";
  }

  #print(text: string): void {
    this.#send(new TextEncoder().encode(text));
  }

  #send(bytes: Uint8Array): void {
    this.#cable?.deliver(bytes, this.usbJtag ? undefined : this.#baudRate);
  }
}
