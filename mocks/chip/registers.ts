/**
 * What the loader can look at: eFuses, the word that tells chips apart, and the SPI controller as far as the command
 * "read identification" needs it. Addresses and bits: esptool-js, `targets/esp32s3.js`, and the ESP32-S3 Technical
 * Reference Manual, "eFuse Controller" and "SPI Controller".
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
/** Revision v0.2. */
const MINOR_REVISION = 2;
/** 8 MB of PSRAM in the package, of AP Memory for 3.3 V. */
const PSRAM = (1 << 3) | (1 << 7);

export interface ChipFacts {
  readonly mac: string;
  readonly magic: number;
  readonly usbJtag: boolean;
  readonly flashSizeBytes: number;
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
  }

  read(address: number): number {
    return this.#words.get(address) ?? 0;
  }

  write(address: number, value: number, mask: number): void {
    const word = (this.read(address) & ~mask) | (value & mask);
    // The controller clears the bit when the transfer is over.
    this.#words.set(address, address === SPI_CMD ? word & ~SPI_CMD_USR : word);
    if (address === SPI_CMD && word & SPI_CMD_USR) this.#transfer();
  }

  #transfer(): void {
    if ((this.read(SPI_USR2) & 0xffff) !== READ_IDENTIFICATION) return;
    this.#words.set(SPI_W0, FLASH_VENDOR | (Math.log2(this.#facts.flashSizeBytes) << 16));
  }
}
