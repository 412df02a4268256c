/**
 * What a board says on its console. The first lines are the ROM's, by what brought it there and by what it finds;
 * a loader of the second stage looks for an application.
 */
import { SLOTS } from "../../modules/update/simulator/partitions.js";
import type { NorFlash } from "./flash.js";

/** First byte of an image (ESP-IDF, "App Image Format"). */
const IMAGE_MAGIC = 0xe9;
/** Where the agent is flashed: the first slot. */
const APPLICATION = SLOTS[0]!.address;

const banner = (mode: string) => `ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\nrst:0x1 (POWERON),boot:${mode}\r\n`;

export const downloadOutput = `${banner("0x0 (DOWNLOAD(USB/UART0))")}waiting for download\r\n`;

/** As the agent speaks on a board without settings. */
const agent = ["# the agent starts", '{"state":"portal"}', "# the captive page is open"];

export function bootOutput(flash: NorFlash): string {
  const start = banner("0x8 (SPI_FAST_FLASH_BOOT)");
  if (flash.read(0, 1)[0] !== IMAGE_MAGIC) return `${start}invalid header: 0xffffffff\r\n`.repeat(3);
  if (flash.read(APPLICATION, 1)[0] !== IMAGE_MAGIC)
    return `${start}E (88) boot: No bootable app partitions in the partition table\r\n`;
  const place = `0x${APPLICATION.toString(16)}`;
  const coloured = `\u001b[0;32mI (105) boot: Loaded app from partition at offset ${place}\u001b[0m`;
  return `${start}${coloured}\r\n${agent.join("\r\n")}\r\n`;
}
