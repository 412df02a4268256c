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

declare module "mc/ffi" {
  /** The functions that the manifests name. */
  export default class FFI {
    access_point_address(a: number, b: number, c: number, d: number): number;
    chip_facts(json: ArrayBuffer, size: number): number;
    /** `esp_reset_reason_t` */
    reset_reason(): number;
    /** @param serial 32 bytes */
    efuse_serial(serial: ArrayBuffer): number;
    /** @param digest 32 bytes */
    efuse_hmac(message: ArrayBuffer, length: number, digest: ArrayBuffer): number;
    /** @param mac 6 bytes */
    station_mac(mac: ArrayBuffer): number;
    is_debug(): number;
  }
}
