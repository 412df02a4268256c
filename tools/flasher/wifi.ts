/** Gives a board its Wi-Fi over the cable, by the field's own client of Improv (docs/improv.md). */
import { ImprovSerial } from "improv-wifi-serial-sdk/dist/serial.js";

/** Why it was not taken. What each means stands in the texts. */
export type WiFiRefusal =
  | "silent"
  | "mistyped"
  | "not-joined"
  | "no-address"
  | "no-internet"
  | "service"
  | "broker"
  | "late"
  | "unknown";

export type WiFi =
  | { readonly name: "asking" }
  /** `url`: where a person goes on, as to enter a code. */
  | { readonly name: "given"; readonly url: string | undefined }
  | { readonly name: "refused"; readonly why: WiFiRefusal };

/** The board answers when it has looked for networks. */
const DETECT_MS = 10_000;
/** That, after its restart; the driver's first scan may have to be asked for again. */
const RESTART_MS = 30_000;
/** Of a trial: the network, the service and its broker are waited for. */
const TRIAL_MS = 90_000;
/** In the client's words: the board restarts into its setup. */
const RESTARTS = "UNKNOWN_ERROR (128)";
const REFUSALS = new Map<string, WiFiRefusal>([
  ["INVALID_RPC_PACKET", "mistyped"],
  ["UNABLE_TO_CONNECT", "not-joined"],
  ["UNKNOWN_ERROR (129)", "no-address"],
  ["UNKNOWN_ERROR (130)", "no-internet"],
  ["UNKNOWN_ERROR (131)", "service"],
  ["UNKNOWN_ERROR (132)", "broker"],
  ["TIMEOUT", "late"],
]);
const QUIET = { log() {}, debug() {}, error() {} };

/** @param openPort a port of its own for each client, beside the console */
export async function giveWiFi(openPort: () => SerialPort, ssid: string, password: string): Promise<WiFi> {
  const first = await tryOnce(openPort(), DETECT_MS, ssid, password);
  // What is sent to a board that is set up is sent once more.
  const outcome = first === RESTARTS ? await tryOnce(openPort(), RESTART_MS, ssid, password) : first;
  return typeof outcome === "string" ? { name: "refused", why: REFUSALS.get(outcome) ?? "unknown" } : outcome;
}

/** @returns what went wrong in the client's words */
async function tryOnce(port: SerialPort, detectMs: number, ssid: string, password: string): Promise<WiFi | string> {
  const client = new ImprovSerial(port, QUIET);
  try {
    await client.initialize(detectMs);
  } catch {
    return { name: "refused", why: "silent" };
  }
  try {
    await client.provision(ssid, password, TRIAL_MS);
    return { name: "given", url: client.nextUrl };
  } catch (error) {
    return String(error);
  } finally {
    await client.close();
  }
}
