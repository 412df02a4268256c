/** What a virtual device takes and tells. */
import type { RadioOptions } from "../moddable/radio.js";
import type { ProductApp } from "./product.js";
import type { DeviceIdentity } from "./state-file.js";

export interface Faults {
  /** The power goes right after so many flash operations since `start`; once. */
  powerCutAfterWrites?: number;
}

export interface VirtualDeviceOptions extends Partial<DeviceIdentity> {
  /** Where the portal listens (TCP, 127.0.0.1). Left out: a free port. */
  portalPort?: number;
  /** Where its name server listens (UDP, 127.0.0.1). Left out: a free port. */
  dnsPort?: number;
  /** Default: `.state/device.json` in the working directory. */
  stateFile?: string;
  /** A chip's NVS partition, in whole pages: the device's flash at the first `start` in place of what it had. */
  nvs?: Uint8Array;
  /** More entries of `mc/config`. */
  config?: Record<string, unknown>;
  /** Authorities whose servers the device trusts, PEM. Default: none, not even the firmware's. */
  trustAnchors?: readonly string[];
  radio?: RadioOptions;
  faults?: Faults;
  /** Of the image that a new device comes with from the factory. Default: the manifest's. */
  firmwareVersion?: string;
  /** As `mcconfig -d` builds it. Default: a release. */
  isDebug?: boolean;
  /** Runs in place of the firmware that is the agent alone. */
  product?: ProductApp;
  /** The module to run instead of the firmware's. */
  main?: URL;
}

/** A line of the console that is a JSON object with a `state`. */
export interface StateLine {
  state: string;
  [member: string]: unknown;
}

export type RestartReason = "restart" | "crash";
export type ExitReason = "stopped" | "power cut" | "gave up";

export interface VirtualDeviceEvents {
  state: [line: StateLine];
  log: [line: string];
  /** Of the console, and beside its lines. */
  cable: [bytes: Uint8Array];
  restart: [reason: RestartReason];
  exit: [reason: ExitReason, error?: Error];
}

/** The lifecycle change that a line is, or undefined. */
export function parseState(line: string): StateLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof (value as StateLine).state === "string" ? (value as StateLine) : undefined;
  } catch {
    return undefined;
  }
}
