/**
 * What a board says on its console: the ROM, by what brought it there and by whether it finds a bootloader; the bootloader,
 * by what it finds of a partition table and of images (ESP-IDF: bootloader_utility.c, flash_partitions.c); the agent.
 */
import { boot } from "../../modules/update/simulator/bootloader.js";
import { verifyImage } from "../../modules/update/simulator/image.js";
import { type FlashChip, SLOTS, TYPE } from "../../modules/update/simulator/partitions.js";
import { TABLE } from "../../tools/flasher/layout.js";
import { BOOTLOADER, newSha256 } from "../../tools/flasher/startable.js";
import { readTable } from "../../tools/flasher/table.js";
import { type NorFlash, SECTOR_BYTES } from "./flash.js";

const banner = (mode: string) => `ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\nrst:0x1 (POWERON),boot:${mode}\r\n`;

export const downloadOutput = `${banner("0x0 (DOWNLOAD(USB/UART0))")}waiting for download\r\n`;

/** As the agent speaks on a board without settings. */
const agent = '{"state":"portal","ssid":"ESP32-B1C2","address":"192.168.4.1"}';

/** @param silent the application hangs before it says anything */
export function bootOutput(flash: NorFlash, silent = false): string {
  const start = banner("0x8 (SPI_FAST_FLASH_BOOT)");
  const chip = chipOf(flash);
  const place = { label: "", type: TYPE.app, subtype: 0, address: BOOTLOADER.offset, size: BOOTLOADER.sizeBytes };
  if (verifyImage(chip, place, newSha256) === undefined) return `${start}invalid header: 0xffffffff\r\n`.repeat(3);
  if (!readTable(flash.read(TABLE.offset, TABLE.sizeBytes)))
    return `${start}E (88) boot: Failed to verify partition table\r\n`;
  const slot = boot(chip, newSha256);
  if (slot === undefined) return `${start}E (88) boot: No bootable app partitions in the partition table\r\n`;
  const offset = `0x${SLOTS[slot]!.address.toString(16)}`;
  const coloured = `\u001b[0;32mI (105) boot: Loaded app from partition at offset ${offset}\u001b[0m`;
  return `${start}${coloured}\r\n${silent ? "" : `${agent}\r\n`}`;
}

function chipOf(flash: NorFlash): FlashChip {
  return {
    read: (address, lengthBytes) => Uint8Array.from(flash.read(address, lengthBytes)),
    write: (address, bytes) => flash.program(address, bytes),
    eraseSector: (address) => flash.eraseSector(address / SECTOR_BYTES),
  };
}
