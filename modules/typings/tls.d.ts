// Modules of the SDK 8.2.3 that neither its own typings nor @moddable/typings declare as they are. The adapters refer to
// this file themselves, because the SDK's build does not know it.

declare module "curve" {
  /** modules/crypt/etc/curve.js */
  export default class Curve {
    constructor(name: "secp256r1" | "secp384r1");
    /** The order of its base point. */
    readonly n: bigint;
  }
}

declare module "ecp" {
  /** modules/crypt/arith/ecp.js: a point of a curve. */
  export default class ECPoint {
    constructor(x: bigint, y: bigint);
    readonly X: bigint;
    readonly Y: bigint;
  }
}

declare module "ecdsa" {
  import type Curve from "curve";
  import type ECPoint from "ecp";

  /** modules/crypt/etc/ecdsa.js */
  export default class ECDSA {
    constructor(key: ECPoint, curve: Curve);
    /** @param signature r and s, in DER; neither is checked */
    verify(hash: ArrayBuffer, signature: Uint8Array, asn1: true): boolean;
  }
}

declare module "rsa" {
  /** modules/crypt/etc/rsa.js: the bare operation, without padding. */
  export default class RSA {
    constructor(exponent: bigint, modulus: bigint);
    process(number: bigint): bigint;
  }
}

declare module "embedded:io/socket/tcp/tls" {
  import type { Options as TCPOptions } from "embedded:io/socket/tcp";

  /** examples/io/tcp/tlssocket/tlssocket.js; all options go on to the TCP class. */
  export type Options = TCPOptions & {
    /** For SNI. */
    host: string;
    /** Of the session (modules/crypt/ssl/session_419.js). */
    secure: {
      /** False: the server's certificates are not looked at. */
      verify?: boolean;
      /** False: no session is resumed. */
      cache?: boolean;
      clientCertificates?: ArrayBuffer[];
      clientKey?: ArrayBuffer;
      applicationLayerProtocolNegotiation?: string;
    };
    TCP: { io: new (options: never) => object };
    [ofTheTcpClass: string]: unknown;
  };

  export default class TLSSocket {
    constructor(options: Options);
    close(): void;
    read(count?: number | ArrayBufferLike): undefined | number | ArrayBufferLike;
    write(buffer: ArrayBufferLike): number;
    format: "number" | "buffer";
  }
}
