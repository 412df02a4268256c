/** What can be switched while the cloud runs. Every service reads it anew for each request. */
export interface CloudSettings {
  /** Device service: `product_id` must be sent, as newer servers demand (422 without it). Default true. */
  productIdRequired: boolean;
  /** Device service: an unknown MAC is registered at its first request instead of getting 404. Default false. */
  autoRegister: boolean;
  /** Device service: the full reply of the contract, or the shorter one of newer servers. Default "seed". */
  replyShape: "seed" | "sparse";
  /** Device service: no answer about a device leaves sooner than this, found or not. 0 switches the floor off. */
  minimumAnswerMs: number;
  /** All services: whether too many requests are answered 429. Default true. */
  rateLimited: boolean;
  /**
   * Activation: "deployed" speaks as the servers in use do (pending query 200, `endpoint` "host:port");
   * "seed" as the contract is written (pending query 202, `status`, `endpoint` and `port` apart).
   */
  dialect: "deployed" | "seed";
  /** Activation: a random challenge, or the Device-Id itself as the Java server sends it. */
  challengeSource: "random" | "mac";
  /** Activation: how long a code and its challenge live. Default 300 000. */
  codeLifetimeMs: number;
  /** Activation: how long a pending `activate` is held before 202. 0 answers at once. Default 10 000. */
  holdMs: number;
  /** Activation: which form of the `activate` body is understood; the other one is answered 400. */
  activateBody: "any" | "flat" | "wrapped";
  /** Activation: what the 200 of `activate` carries: connection settings, the text `success`, or nothing. */
  activateSuccess: "settings" | "text" | "empty";
  /** Activation: a serial number without a registered key is answered 404 instead of being accepted unchecked. */
  strictSerials: boolean;
  /** Broker: wrong credentials get CONNACK 4 or 5, or CONNACK 0 and a closed connection as the open gateway does. */
  refusal: "connack" | "accept-then-close";
  /** Broker: a xiaozhi session starts with the gateway's unasked MCP `initialize`. Default true. */
  mcpGreeting: boolean;
}

export const defaultSettings: Readonly<CloudSettings> = {
  productIdRequired: true,
  autoRegister: false,
  replyShape: "seed",
  minimumAnswerMs: 100,
  rateLimited: true,
  dialect: "deployed",
  challengeSource: "random",
  codeLifetimeMs: 300_000,
  holdMs: 10_000,
  activateBody: "any",
  activateSuccess: "settings",
  strictSerials: false,
  refusal: "connack",
  mcpGreeting: true,
};

/** A firmware that both services offer to every device whose version is different (not: older). */
export interface FirmwareOffer {
  version: string;
  url: string;
  fileSizeBytes: number;
  /** 64 hexadecimal digits, without a prefix. */
  sha256: string;
  changelog: string;
  /** xiaozhi: `force: 1` (a number; clients ignore `true`). */
  force: boolean;
}

/** A device that the cloud knows by its serial number and signing key before it ever calls. */
export interface KnownDevice {
  mac: string;
  serial: string;
  /** The raw key in hexadecimal; its decoded bytes are the HMAC key. */
  hmacKeyHex: string;
}

export interface TlsIdentity {
  readonly key: string;
  /** The server's own certificate first. */
  readonly cert: string;
}

export interface CloudOptions extends Partial<CloudSettings> {
  /** 0 (the default) takes any free port. */
  httpPort?: number;
  mqttPort?: number;
  /** HTTPS beside HTTP, with this certificate chain and its key, both PEM. */
  tls?: TlsIdentity;
  httpsPort?: number;
  /** Milliseconds since 1970: rate limits, code lifetimes and timestamps follow it. */
  now?: () => number;
  /** Codes, challenges, identifiers and secrets are made of these bytes. */
  random?: (byteCount: number) => Uint8Array;
  /** Gets one short line for everything that happens; never a secret. */
  log?: (line: string) => void;
  devices?: readonly KnownDevice[];
  firmware?: FirmwareOffer | null;
}

/** What the services share. */
export interface CloudContext {
  readonly settings: CloudSettings;
  readonly now: () => number;
  readonly random: (byteCount: number) => Uint8Array;
  readonly log: (line: string) => void;
  /** Known once the servers listen. */
  readonly addresses: { httpOrigin: string; host: string; httpPort: number; httpsPort: number; mqttPort: number };
  firmware: FirmwareOffer | null;
}
