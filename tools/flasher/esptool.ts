/** Boards behind Espressif's esptool-js: the only file that knows it. */
import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { ESPLoader, ESPRESSIF_VID, Transport, USB_JTAG_SERIAL_PID } from "esptool-js";
import { normaliseMac } from "../../modules/identity/identity.js";
import type { Board, BoardFacts } from "./board.js";
import { done, type Failed, failed, type Outcome } from "./failure.js";
import { layoutOf, type Region, TABLE } from "./layout.js";
import { CablePulled, PortLease } from "./lease.js";

const CHIP_NAME = "ESP32-S3";
/** Of the loader in ROM. */
const ROM_BAUD_RATE = 115_200;
/** What every bridge and cable in use can do; where it cannot, esptool-js goes back. */
const BAUD_RATE = 921_600;
/** Reset held for 100 ms, the boot pin free. */
const RESTART = "D0|R1|W100|R0";
/** A port that does not close within this time is left to the browser. */
const CLOSE_MS = 2000;
/** After READ_FLASH comes an MD5 that esptool-js does not fetch; it must not meet the next command. */
const QUIET_MS = 20;
const MOST_QUIET_MS = 200;

/** How the pins were at the last reset of the whole chip (ESP32-S3 Technical Reference Manual, "GPIO_STRAP_REG"). */
const STRAPS = 0x6000_4038;
/** GPIO0, which the boot button pulls down. */
const STRAP_BOOT = 1 << 3;

const silent = { clean() {}, write() {}, writeLine() {} };

/** esptool-js writes its traces to the browser's console, asked or not. */
class QuietTransport extends Transport {
  override trace(): void {}
}

/** Resets the board into download mode, finds out what it is, and brings the loader that can write. */
export async function connectBoard(port: SerialPort): Promise<Outcome<Board>> {
  const lease = new PortLease(port);
  // What esptool-js uses of a port, and nothing more.
  const transport = new QuietTransport(lease as unknown as SerialPort);
  const baudrate = hasOwnUsb(port) ? ROM_BAUD_RATE : BAUD_RATE;
  const loader = new ESPLoader({ transport, baudrate, romBaudrate: ROM_BAUD_RATE, terminal: silent });
  const close = () => closePort(transport, lease);
  try {
    const facts = await Promise.race([identify(loader, hasOwnUsb(port)), lease.lost]);
    if (!facts.ok) {
      await close();
      return facts;
    }
    return done(openBoard(loader, lease, facts.value, close));
  } catch (error) {
    await close();
    return whyNotConnected(error);
  }
}

async function identify(loader: ESPLoader, isOwnUsb: boolean): Promise<Outcome<BoardFacts>> {
  await loader.detectChip();
  if (loader.chip.CHIP_NAME !== CHIP_NAME) return failed("wrong-chip", loader.chip.CHIP_NAME);
  // Plain firmware on a chip that checks signatures or decrypts its flash is a board that does not start.
  const { flashCryptCnt, parsedFlags } = await loader.getSecurityInfo();
  if (parsedFlags.SECURE_BOOT_EN || parsedFlags.SECURE_DOWNLOAD_ENABLE || isOdd(flashCryptCnt))
    return failed("protected");
  const chip = (await loader.chip.getChipDescription?.(loader)) ?? CHIP_NAME;
  const mac = normaliseMac(await loader.chip.readMac?.(loader)) ?? "";
  await loader.chip.postConnect?.(loader);
  await loader.runStub();
  if (!isOwnUsb) await loader.changeBaud();
  const isHeld = isOwnUsb && ((await loader.readReg(STRAPS)) & STRAP_BOOT) === 0;
  const size = await loader.detectFlashSize();
  if (!size) return failed("flash-unknown");
  const table = await loader.readFlash(TABLE.offset, TABLE.sizeBytes);
  await loader.transport.drainInput(QUIET_MS, MOST_QUIET_MS);
  const flashSizeBytes = loader.flashSizeBytes(size as "8MB");
  return done({ chip, mac, flashSizeBytes, layout: layoutOf(table), isHeld });
}

function openBoard(loader: ESPLoader, lease: PortLease, facts: BoardFacts, close: () => Promise<void>): Board {
  const attempt = async <T>(work: () => Promise<T>): Promise<Outcome<T>> => {
    try {
      return done(await Promise.race([work(), lease.lost]));
    } catch (error) {
      await close();
      return whyBroken(error);
    }
  };
  return {
    facts,
    close,
    read: ({ offset, sizeBytes }: Region) =>
      attempt(async () => {
        const bytes = await loader.readFlash(offset, sizeBytes);
        await loader.transport.drainInput(QUIET_MS, MOST_QUIET_MS);
        return bytes;
      }),
    write: (offset, data, report) =>
      attempt(async () => {
        await loader.writeFlash({
          fileArray: [{ data, address: offset }],
          flashMode: "keep",
          flashFreq: "keep",
          flashSize: "keep",
          eraseAll: false,
          compress: true,
          calculateMD5Hash: (image) => bytesToHex(md5(image)),
          reportProgress: (_, written, total) => report(written / total),
        });
        return undefined;
      }),
    restart: () =>
      attempt(async () => {
        await loader.after("custom_reset", false, RESTART);
        return undefined;
      }),
  };
}

/** The chip's own USB has no baud rate: a port that is not opened again cannot fail to. */
function hasOwnUsb(port: SerialPort): boolean {
  return port.getInfo().usbVendorId === ESPRESSIF_VID && port.getInfo().usbProductId === USB_JTAG_SERIAL_PID;
}

async function closePort(transport: Transport, lease: PortLease): Promise<void> {
  const tooLong = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS));
  try {
    await Promise.race([transport.disconnect(), tooLong]);
  } catch {
    // Closed already, or gone with its cable.
  }
  lease.end();
}

function whyNotConnected(error: unknown): Failed {
  if (error instanceof CablePulled) return failed("cable-pulled");
  if (error instanceof DOMException && error.name === "NetworkError") return failed("port-busy");
  if (error instanceof DOMException && error.name === "InvalidStateError") return failed("port-busy");
  if (error instanceof Error && /^UnexpectedChip/.test(error.name)) return failed("wrong-chip", "?");
  return failed("no-answer");
}

function whyBroken(error: unknown): Failed {
  if (error instanceof CablePulled) return failed("cable-pulled");
  return failed(error instanceof Error && /\bMD5\b/.test(error.message) ? "flash-corrupt" : "line-broken");
}

function isOdd(count: number): boolean {
  return count.toString(2).replaceAll("0", "").length % 2 === 1;
}
