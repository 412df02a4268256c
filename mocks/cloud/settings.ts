import type { AwsDeviceView } from "./aws-device.js";
import type { Device } from "./device.js";
import type { Dialect } from "./dialects.js";

import type { CloudSettings } from "./switches.js";

/** A firmware that both services offer to every device whose version is different (not: older). */
export interface FirmwareOffer {
  version: string;
  url: string;
  fileSizeBytes: number;
  /** 64 hexadecimal digits, without a prefix. */
  sha256: string;
  changelog: string;
  /** ECDSA on P-256 over the SHA-256: DER as hex. */
  signature?: string;
  /** xiaozhi: `force: 1` (a number; clients ignore `true`). */
  force: boolean;
}

/** An image that the cloud itself serves. */
export interface Release {
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly signature: string;
  readonly notes: string;
}

/** A device that the cloud knows by its serial number and signing key before it ever calls. */
export interface KnownDevice {
  /** Null: the first device that signs with the key tells it. */
  mac: string | null;
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
  /** The broker speaks TLS, with this certificate, and the services say so. */
  brokerTls?: TlsIdentity;
  /** Milliseconds since 1970: rate limits, code lifetimes and timestamps follow it. */
  now?: () => number;
  /** Codes, challenges, identifiers and secrets are made of these bytes. */
  random?: (byteCount: number) => Uint8Array;
  /** Sets several switches at once; a switch that is given beside it wins. Default "deployed". */
  dialect?: Dialect;
  /** Gets one short line for everything that happens; never a secret. */
  log?: (line: string) => void;
  devices?: readonly KnownDevice[];
  /** Of a cloud that ran before. */
  remembered?: readonly Device[];
  firmware?: FirmwareOffer | null;
  /** Of an AWS account beside the cloud, for the page. */
  awsDevices?: () => readonly AwsDeviceView[];
}

/** What the services share. */
export interface CloudContext {
  readonly settings: CloudSettings;
  readonly now: () => number;
  readonly random: (byteCount: number) => Uint8Array;
  readonly log: (line: string) => void;
  /** As the options have them; what the system chose, once the servers listen. */
  readonly brokerTls: TlsIdentity | undefined;
  readonly addresses: { httpOrigin: string; host: string; httpPort: number; httpsPort: number; mqttPort: number };
  readonly awsDevices: () => readonly AwsDeviceView[];
  firmware: FirmwareOffer | null;
}
