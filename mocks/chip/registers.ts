/**
 * What the loader can look at: eFuses, the word that tells chips apart, and the SPI controller as far as the command
 * "read identification" needs it. Addresses and bits: esptool-js, `targets/esp32s3.js`, and the ESP32-S3 Technical
 * Reference Manual, "eFuse Controller", "SPI Controller", "Boot Control" and "Watchdog Timers".
 */

const EFUSE_BLOCK_1 = 0x6000_7044;
const CHIP_MAGIC = 0x4000_1000;
const UARTDEV_BUF_NO = 0x3fce_f14c;
const UARTDEV_USB_JTAG = 4;
const SPI_CMD = 0x6000_2000;
const SPI_USR2 = 0x6000_2020;
const SPI_W0 = 0x6000_2058;
const SPI_CMD_USR = 1 << 18;
const READ_IDENTIFICATION = 0x9f;
/** GigaDevice, SPI NOR; the third byte is the size's logarithm (JEDEC JEP106, JESD216). */
const FLASH_VENDOR = 0x40c8;
const STRAPS = 0x6000_4038;
/** GPIO0 was high when the straps were sampled. */
const STRAP_BOOT = 1 << 3;
const WATCHDOG_CONFIG = 0x6000_8098;
const WATCHDOG_TIMEOUT = 0x6000_809c;
const WATCHDOG_PROTECT = 0x6000_80b0;
const WATCHDOG_KEY = 0x50d8_3aa1;
const WATCHDOG_ENABLED = 2 ** 31;
/** The first stage's action in bits 28 to 30: the whole chip, or all but the RTC. */
const RESETS_CHIP = 5;
const RESETS_SYSTEM = 4;
/** The slow clock's; the time is doubled where no eFuse says otherwise (Technical Reference Manual, "RTC Watchdog"). */
const WATCHDOG_TICKS_PER_MS = 136 / 2;
/** Revision v0.2. */
const MINOR_REVISION = 2;
/** 8 MB of PSRAM in the package, of AP Memory for 3.3 V. */
const PSRAM = (1 << 3) | (1 << 7);

export interface ChipFacts {
  readonly mac: string;
  readonly magic: number;
  readonly usbJtag: boolean;
  readonly flashSizeBytes: number;
  /** The boot button was held when the straps were sampled. */
  readonly bootHeld: boolean;
  /** The RTC's watchdog is to reset the chip. */
  readonly onWatchdog: (delayMs: number) => void;
}

export class Registers {
  readonly #facts: ChipFacts;
  readonly #words = new Map<number, number>();

  constructor(facts: ChipFacts) {
    this.#facts = facts;
    const mac = Uint8Array.from(facts.mac.split(":"), (pair) => Number.parseInt(pair, 16));
    const view = new DataView(mac.buffer);
    const words = [view.getUint32(2), view.getUint16(0), 0, MINOR_REVISION << 18, PSRAM, 0];
    for (const [index, word] of words.entries()) this.#words.set(EFUSE_BLOCK_1 + 4 * index, word);
    this.#words.set(CHIP_MAGIC, facts.magic);
    this.#words.set(UARTDEV_BUF_NO, facts.usbJtag ? UARTDEV_USB_JTAG : 0);
    this.#words.set(STRAPS, facts.bootHeld ? 0 : STRAP_BOOT);
  }

  read(address: number): number {
    return this.#words.get(address) ?? 0;
  }

  write(address: number, value: number, mask: number): void {
    if (address >= WATCHDOG_CONFIG && address < WATCHDOG_PROTECT && this.read(WATCHDOG_PROTECT) !== WATCHDOG_KEY)
      return;
    const word = ((this.read(address) & ~mask) | (value & mask)) >>> 0;
    // The controller clears the bit when the transfer is over.
    this.#words.set(address, address === SPI_CMD ? word & ~SPI_CMD_USR : word);
    if (address === SPI_CMD && word & SPI_CMD_USR) this.#transfer();
    if (address === WATCHDOG_CONFIG && word >= WATCHDOG_ENABLED) this.#watch((word >>> 28) & 7);
  }

  #watch(action: number): void {
    if (action === RESETS_CHIP || action === RESETS_SYSTEM)
      this.#facts.onWatchdog(this.read(WATCHDOG_TIMEOUT) / WATCHDOG_TICKS_PER_MS);
  }

  #transfer(): void {
    if ((this.read(SPI_USR2) & 0xffff) !== READ_IDENTIFICATION) return;
    this.#words.set(SPI_W0, FLASH_VENDOR | (Math.log2(this.#facts.flashSizeBytes) << 16));
  }
}
