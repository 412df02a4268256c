// Modules of the SDK that @moddable/typings 5.6.0 does not declare, as the SDK's sources (8.2.3) have them.

declare module "crypt" {
  /** modules/crypt/digest/crypt.js: a native digest. `close` gives the digest and ends it; `reset` starts over. */
  export class Digest {
    constructor(type: "MD5" | "SHA1" | "SHA224" | "SHA256" | "SHA384" | "SHA512");
    write(data: ArrayBuffer | string): void;
    reset(): void;
    close(): ArrayBuffer;
    readonly blockSize: number;
    readonly outputSize: number;
  }
}

declare module "embedded:network/http/server" {
  import type Listener from "embedded:io/socket/listener";

  export interface HTTPRequest {
    method: string;
    path: string;
    /** Names in lower case. */
    headers: Map<string, string>;
  }
  export interface HTTPResponse {
    status: number;
    headers: Map<string, string | number>;
  }
  export interface HTTPConnectionHandlers {
    onRequest?(this: HTTPConnection, request: HTTPRequest): void;
    onReadable?(this: HTTPConnection, count: number): void;
    onResponse?(this: HTTPConnection, response: HTTPResponse): void;
    onWritable?(this: HTTPConnection, count: number): void;
    onDone?(this: HTTPConnection): void;
    onError?(this: HTTPConnection): void;
  }
  export interface HTTPConnection {
    close(): void;
    accept(handlers: HTTPConnectionHandlers): void;
    respond(response: HTTPResponse): void;
    read(count?: number): ArrayBuffer | undefined;
    /** Throws when more than `onWritable` allowed is given. */
    write(bytes?: ArrayBuffer | Uint8Array): number;
  }
  export default class HTTPServer {
    constructor(options: {
      io: typeof Listener;
      port?: number;
      onConnect(this: HTTPServer, connection: HTTPConnection): void;
    });
    close(): void;
    readonly port: number;
  }
}

declare module "embedded:storage/flash" {
  import type { Buffer } from "embedded:io/_common";

  export interface FlashStatus {
    size: number;
    /** Of what is erased at once. */
    blockLength: number;
    blocks: number;
  }
  /** modules/io/flash/esp32/flash-esp32.c; everything throws once it is closed. */
  export interface Flash {
    close(): void;
    /** Blocks `start` to `end`, without `end`; default: one. @throws over the end of the partition */
    eraseBlock(start: number, end?: number): void;
    /** @throws over the end of the partition */
    read(byteLength: number, byteOffset: number): ArrayBuffer;
    read(buffer: Buffer, byteOffset: number): number;
    /** Of any length, anywhere; bits only go from 1 to 0, and none of them is checked. @throws over the end */
    write(buffer: Buffer, byteOffset: number): void;
    status(): FlashStatus;
    format: "buffer";
  }
  const FlashStorage: {
    /** @param options `path`: "running", "nextota", "xs" or the label of a data partition. @throws where there is none */
    open(options: { path: string; mode?: "r" | "r+"; format?: "buffer" }): Flash;
    /** The labels of all partitions. */
    [Symbol.iterator](): IterableIterator<string>;
  };
  export default FlashStorage;
}

declare module "embedded:update" {
  import type { Buffer } from "embedded:io/_common";
  import type { Flash } from "embedded:storage/flash";

  /** modules/io/update/esp32/update-esp32.c over ESP-IDF's esp_ota_ops.c. */
  export interface Updater {
    close(): void;
    /** Verifies the whole image and makes it the one to boot. @throws "end failed", "can't change boot partition" */
    complete(): void;
    /** Mode "a": one after the other. @throws "write failed", also where the first byte is not 0xE9 */
    write(bytes: Buffer): void;
    /** Mode "w". @throws "write failed" */
    write(bytes: Buffer, byteOffset: number): void;
    format: "buffer";
  }
  const Update: {
    /**
     * Mode "a" (the default) erases as it writes; "w" erases `byteLength` bytes at once, without it the whole partition.
     * @throws "begin failed": also while the running image is on trial
     */
    open(options: { partition: Flash; mode?: "a" | "w"; byteLength?: number; format?: "buffer" }): Updater;
  };
  export default Update;
}

declare module "mc/ffi" {
  /** The functions that the manifests name. */
  export default class FFI {
    access_point_address(a: number, b: number, c: number, d: number): number;
    /** 1: servers can be opened in its network. */
    access_point_up(): number;
    /** @returns an esp_err_t, as `station_dhcp` and `station_join` do */
    station_watch(): number;
    station_dhcp(name: string): number;
    station_join(name: ArrayBuffer, length: number, password: string, bss: string): number;
    /** @param text 14 bytes @returns its length; 0: the station is at no access point */
    station_bss(text: ArrayBuffer, size: number): number;
    /** `wifi_err_reason_t`; 0: no disconnection, or the driver does not tell. */
    station_reason(): number;
    /** 1: the station's network has addresses of the 256 around this one. */
    station_overlaps(a: number, b: number, c: number, d: number): number;
    /** IPv4, its first number in the lowest byte; 0: there is none. */
    time_server(index: number): number;
    /** @param serial 32 bytes */
    efuse_serial(serial: ArrayBuffer): number;
    /** @param digest 32 bytes */
    efuse_hmac(message: ArrayBuffer, length: number, digest: ArrayBuffer): number;
    /** @param mac 6 bytes */
    station_mac(mac: ArrayBuffer): number;
    /** 1: the running image has not been accepted yet. */
    firmware_on_trial(): number;
    /** @returns an esp_err_t */
    firmware_accept(): number;
    /** The version of the image that the bootloader took back. @returns its length; 0 where there is none */
    firmware_rolled_back(text: ArrayBuffer, size: number): number;
  }
}

declare module "neopixel" {
  /** modules/drivers/neopixel/neopixel.js, of which the examples use so much. */
  export default class NeoPixel {
    constructor(options: { pin: number; length: number; order: string });
    /** 0 to 255 each. */
    makeRGB(red: number, green: number, blue: number): number;
    fill(color: number): void;
    update(): void;
  }
}
