import type { AwsEvent } from "./events.js";

/** Switches that are read anew at each use: what AWS does differently by account, or what nobody has told for certain. */
export interface AwsSettings {
  /** A CONNECT that the policy does not allow: the connection is closed, or CONNACK 7 comes before that. */
  connectRefusal: "close" | "connack-7";
  /** A connection whose certificate is unknown, not active or expired: it is closed, or nothing answers any more. */
  admissionRefusal: "close" | "silence";
  /** What happens to requests above the rate. */
  throttled: "reject" | "silence" | "close";
  /** Requests of one kind in a second. */
  requestsPerSecond: number;
  hookTimeoutMs: number;
  /** A token may be used over another connection than the one that got it. */
  tokensOutliveConnections: boolean;
  /** A temporary claim's connection ends with its five minutes; else it has five minutes from connecting to create. */
  cutsExpiredClaims: boolean;
  /** CBOR maps come without their lengths. */
  indefiniteCbor: boolean;
}

export const defaultSettings: AwsSettings = {
  connectRefusal: "close",
  admissionRefusal: "close",
  throttled: "reject",
  requestsPerSecond: 10,
  hookTimeoutMs: 5_000,
  tokensOutliveConnections: true,
  cutsExpiredClaims: false,
  indefiniteCbor: false,
};

export interface AwsOptions extends Partial<AwsSettings> {
  /** The name that devices have to send as SNI, and that the server's certificate has. */
  endpoint?: string;
  region?: string;
  accountId?: string;
  /** The kind of the root's, the intermediate's and the servers' keys: both have endpoints of their own at Amazon. */
  serverKey?: "rsa" | "ec";
  /** As 8883, as 443 with ALPN, and HTTPS; 0 (the default) takes any free port. */
  mqttPort?: number;
  alpnPort?: number;
  httpsPort?: number;
  /** Milliseconds since 1970: expiries, delays of registration and rates follow it. */
  now?: () => number;
  /** Gets one short line for everything that happens; never a secret. */
  log?: (line: string) => void;
}

/** What the parts share. */
export interface AwsContext {
  readonly settings: AwsSettings;
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly now: () => number;
  readonly emit: (event: AwsEvent) => void;
}

/** `arn:aws:iot:<region>:<account>:<kind>/<name>`; regions in China have a partition of their own. */
export function arn({ region, accountId }: AwsContext, kind: string, name: string): string {
  return `arn:${region.startsWith("cn-") ? "aws-cn" : "aws"}:iot:${region}:${accountId}:${kind}/${name}`;
}
