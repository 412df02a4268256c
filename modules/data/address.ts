/**
 * Where a device is provisioned, as people type it: the URL of a service, or `mqtts:` and AWS IoT's endpoint. Behind a
 * certificate vending machine's URL stands the endpoint that its certificates are for: `https://…/getcert#endpoint`.
 */
import { formatUrl, isAddress, parseUrl, type Url } from "./url.js";

export interface Endpoint {
  /** Lower case. */
  readonly host: string;
  readonly port: number;
}

export interface Address extends Url {
  readonly scheme: "http" | "https" | "mqtts";
  /** The fragment: never sent. Over TLS alone: what is answered is a private key. */
  readonly endpoint: Endpoint | undefined;
}

/** IANA's for MQTT over TLS. */
const MQTTS_PORT = 8883;
const SCHEME_CHARACTERS = "mqtts".length;

/** @returns undefined where the text is no address that the device can use */
export function parseAddress(text: string): Address | undefined {
  const trimmed = text.trim();
  if (/^mqtts:\/\//i.test(trimmed)) {
    const url = parseUrl(`https${trimmed.slice(SCHEME_CHARACTERS)}`);
    // Its TLS wants to be told the name (RFC 6066 §3: an address is none).
    if (!url || isAddress(url.host)) return undefined;
    const hasPort = /^mqtts:\/\/[^/?#]*:/i.test(trimmed);
    return { ...url, port: hasPort ? url.port : MQTTS_PORT, scheme: "mqtts", endpoint: undefined };
  }
  const url = parseUrl(trimmed);
  if (!url) return undefined;
  const mark = trimmed.indexOf("#");
  const endpoint = mark < 0 ? undefined : parseEndpoint(trimmed.slice(mark + 1));
  if (endpoint && !url.tls) return undefined;
  return { ...url, scheme: url.tls ? "https" : "http", endpoint };
}

export function formatAddress(address: Address): string {
  const { scheme, endpoint } = address;
  if (scheme === "mqtts") return `mqtts://${formatEndpoint(address)}${address.path}`;
  return `${formatUrl(address)}${endpoint ? `#${formatEndpoint(endpoint)}` : ""}`;
}

/** @returns undefined where it is any other fragment: a word has no dot, and no port */
function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^[^:/?#]+(:\d{1,5})?$/.exec(text);
  const url = match && (match[1] || text.includes(".")) ? parseUrl(`https://${text}`) : undefined;
  return url && !isAddress(url.host) ? { host: url.host, port: match![1] ? url.port : MQTTS_PORT } : undefined;
}

function formatEndpoint({ host, port }: Endpoint): string {
  return port === MQTTS_PORT ? host : `${host}:${port}`;
}
