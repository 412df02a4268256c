/** Whether the XS machine and what Wi-Fi and TLS take beside it fit into the RAM of an ESP32-S3. */
import type { Sdkconfig } from "./sdkconfig.js";

/** On a 32-bit machine. */
export const SLOT_BYTES = 16;

/** What the manifest's `creation` gives the machine. */
export interface Creation {
  readonly chunkBytes: number;
  readonly slots: number;
  readonly stackSlots: number;
  /** Of the task that XS runs in. */
  readonly nativeStackBytes: number;
}

/** A line of the account. */
export interface Share {
  readonly what: string;
  readonly bytes: number;
}

/**
 * @param makefile mcconfig's: `CREATION = -c 59136,0,3696,0,512,…,main,16384` (xsl's option; tools/mcconfig.js)
 * @throws Error where it has no such line
 */
export function creationOf(makefile: string): Creation {
  const [, numbers] = /^CREATION = -c (.*)$/m.exec(makefile) ?? [];
  const [chunkBytes, , slots, , stackSlots] = (numbers ?? "").split(",").map(Number);
  const nativeStackBytes = Number(numbers?.split(",").at(-1));
  const creation = { chunkBytes: chunkBytes!, slots: slots!, stackSlots: stackSlots!, nativeStackBytes };
  if (Object.values(creation).every((number) => number > 0)) return creation;
  throw new Error("The makefile of mcconfig does not say what the machine is created with.");
}

/** ESP-IDF's Kconfig of Wi-Fi (components/esp_wifi): "Each buffer takes approximately 1.6KB", "about 500 Bytes". */
const WIFI_BUFFER_BYTES = 1_600;
const WIFI_MANAGEMENT_BYTES = 500;
/** ESP-IDF, "Wi-Fi Performance and Power Save", 15 and 16 kB: of the ESP32, where the chip's own stand in no document. */
const WIFI_IN_IRAM_BYTES = 31_000;
/** The broker's, an update's or the service's beside it, and one of the portal's: each with lwIP's buffers both ways. */
const CONNECTIONS = 3;
/** docs/tls.md: a session that is open with a certificate of its own, and the dearest handshake beside it. */
const TLS_BYTES = 5_700 + 22_800;

/** lwIP's `struct tcp_pcb`, the largest, is 228 bytes on a 32-bit machine; and the heap's own. */
const CONTROL_BLOCK_BYTES = 240;
/** Four phones whose pages ask once a second: the server closes after each answer. */
const ENDED_A_SECOND = 4;

/** In what was measured (FREE_WITHOUT_RADIO_BYTES). */
const SDK_LWIP_STACK_BYTES = 2_560;

/** modules/console/esp32/console.c: 2,048 and 512 bytes for each of two ports, and what their drivers are themselves. */
const CONSOLE_BYTES = 2 * (2_048 + 512) + 880;

/** @param isLinked the image is whole: what Wi-Fi has in IRAM is in its static part */
export function needs(creation: Creation, config: Sdkconfig, isLinked: boolean): Share[] {
  const number = (name: string, otherwise: number) => Number(config.get(`CONFIG_${name}`) ?? otherwise);
  const buffers =
    number("ESP_WIFI_STATIC_RX_BUFFER_NUM", 10) +
    number("ESP_WIFI_DYNAMIC_RX_BUFFER_NUM", 32) +
    number("ESP_WIFI_DYNAMIC_TX_BUFFER_NUM", 32);
  const management = number("ESP_WIFI_RX_MGMT_BUF_NUM_DEF", 5);
  const windowBytes = number("LWIP_TCP_SND_BUF_DEFAULT", 5_760) + number("LWIP_TCP_WND_DEFAULT", 5_760);
  // What this end has closed first stays for twice the time that a segment may live.
  const ended = Math.ceil((ENDED_A_SECOND * 2 * number("LWIP_TCP_MSL", 60_000)) / 1_000);
  const blocks =
    number("LWIP_MAX_ACTIVE_TCP", 16) + number("LWIP_MAX_LISTENING_TCP", 16) + number("LWIP_MAX_UDP_PCBS", 16);
  // With it blocks of more than 16 KB stand there (SPIRAM_MALLOC_ALWAYSINTERNAL): slots and chunks, not the stack.
  const isInPsram = config.get("CONFIG_SPIRAM") === "y" && config.get("CONFIG_SPIRAM_USE_MALLOC") === "y";
  const heapBytes = creation.chunkBytes + creation.slots * SLOT_BYTES;
  return [
    ...(isInPsram ? [] : [{ what: "XS: slots and chunks (creation)", bytes: heapBytes }]),
    { what: "XS: stack (creation)", bytes: creation.stackSlots * SLOT_BYTES },
    { what: "XS: stack of its task (nativeStack)", bytes: creation.nativeStackBytes },
    {
      what: "Wi-Fi: its buffers, all of them full (Kconfig of esp_wifi)",
      bytes: buffers * WIFI_BUFFER_BYTES + management * WIFI_MANAGEMENT_BYTES,
    },
    ...(isLinked
      ? []
      : [{ what: "Wi-Fi: its code in IRAM (ESP-IDF's guide, the ESP32's)", bytes: WIFI_IN_IRAM_BYTES }]),
    { what: `TCP: windows of ${CONNECTIONS} connections, full`, bytes: CONNECTIONS * windowBytes },
    {
      what: "TCP, UDP: control blocks, with those of what has ended (docs/chip.md)",
      bytes: (blocks + ended) * CONTROL_BLOCK_BYTES,
    },
    {
      what: "lwIP: its task's stack, beyond the SDK's",
      bytes: number("LWIP_TCPIP_TASK_STACK_SIZE", SDK_LWIP_STACK_BYTES) - SDK_LWIP_STACK_BYTES,
    },
    { what: "Console: the buffers of two ports", bytes: CONSOLE_BYTES },
    { what: "TLS: a session and a handshake beside it (docs/tls.md)", bytes: TLS_BYTES },
  ];
}

export function sumOf(shares: readonly Share[]): number {
  return shares.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * Free for all of these together where nothing is linked: an emulated ESP32-S3 had 160 KB free with XS in its default
 * memory (157,696 bytes of heap, 8,192 of stack, 10,240 of its task), without the radio's libraries.
 */
export const FREE_WITHOUT_RADIO_BYTES = 160 * 1024 + 157_696 + 8_192 + 10_240;

/** components/soc/esp32s3 and heap/port/esp32s3/memory_layout.c: D/IRAM as data, and the rest of the cache's bank. */
const DIRAM = { start: 0x3fc8_8000, end: 0x3fcf_0000 } as const;
const CACHE_BANK_BYTES = 0x8000;
/** ELF-32, little endian. */
const SECTIONS_AT = 0x20;
const SECTION_BYTES_AT = 0x2e;
const SECTION_COUNT_AT = 0x30;
const SHF_ALLOC = 2;

/**
 * @param elf of the whole image
 * @returns the heap at the start: what lies behind the static data, which stand behind the code in IRAM
 */
export function heapBytesOf(elf: Uint8Array): number {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const [at, size, count] = [
    view.getUint32(SECTIONS_AT, true),
    view.getUint16(SECTION_BYTES_AT, true),
    view.getUint16(SECTION_COUNT_AT, true),
  ];
  let end: number = DIRAM.start;
  for (let index = 0; index < count; index++) {
    const header = at + index * size;
    const [flags, address, length] = [8, 12, 20].map((offset) => view.getUint32(header + offset, true)) as [
      number,
      number,
      number,
    ];
    const isThere = (flags & SHF_ALLOC) !== 0 && address >= DIRAM.start && address < DIRAM.end;
    if (isThere) end = Math.max(end, address + length);
  }
  return DIRAM.end - end + CACHE_BANK_BYTES;
}
