/** URLs as people type them and as services need them: http and https only, never with credentials. */

export interface Url {
  readonly tls: boolean;
  /** Lower case. */
  readonly host: string;
  readonly port: number;
  /** Begins with a slash; holds the query, never a fragment. */
  readonly path: string;
}

/** That people type. */
export const MAX_URL_CHARACTERS = 255;
/** Of files and in redirects: signed addresses of object stores are long. */
export const MAX_LINK_CHARACTERS = 2_048;

/** @returns undefined where the text is no URL that the device can use */
export function parseUrl(text: string, maxCharacters = MAX_URL_CHARACTERS): Url | undefined {
  const trimmed = text.trim();
  if (trimmed.length > maxCharacters || !isPrintable(trimmed)) return undefined;
  const start = /^https?:\/\//i.exec(trimmed)?.[0].length ?? 0;
  const end = authorityEnd(trimmed, start);
  // Patterns for what is short alone: each character that one goes over takes 60 bytes beside the heap.
  const match = /^([^@\\:]{1,253})(?::(\d{1,5}))?$/.exec(trimmed.slice(start, end));
  return match && isHost(match[1]!.toLowerCase()) ? urlOf(trimmed, end, match) : undefined;
}

/** Of its own, so that little is on the stack while the patterns are looked at. */
function urlOf(text: string, end: number, match: RegExpExecArray): Url | undefined {
  const tls = /^https:\/\//i.test(text);
  const port = match[2] === undefined ? defaultPort(tls) : Number(match[2]);
  const mark = text.indexOf("#", end);
  const path = mark < 0 ? text.slice(end) : text.slice(end, mark);
  if (port < 1 || port > 65_535) return undefined;
  return { tls, host: match[1]!.toLowerCase(), port, path: path.startsWith("/") ? path : `/${path}` };
}

function isPrintable(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x21 || unit > 0x7e) return false;
  }
  return true;
}

/** @returns where the path, the query or the fragment begins, or the end */
function authorityEnd(url: string, start: number): number {
  let end = start;
  while (end < url.length && !"/?#".includes(url.charAt(end))) end++;
  return end;
}

/** A name, or an address: what has nothing but digits is no name. */
function isHost(text: string): boolean {
  if (/^[\d.]{1,253}$/.test(text)) return isAddress(text);
  return /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)*$/.test(text);
}

export function formatUrl(url: Url): string {
  return `${url.tls ? "https" : "http"}://${hostOf(url)}${url.path}`;
}

/** As in a `Host` header: with the port where it is not the scheme's own (RFC 9110 §7.2). */
export function hostOf({ tls, host, port }: Url): string {
  return port === defaultPort(tls) ? host : `${host}:${port}`;
}

/**
 * What a `Location` header names (RFC 9110 §10.2.2, RFC 3986 §4.2): a URL, or a path beside the one that was asked for.
 * Dot segments are left to the server.
 */
export function resolveUrl(base: Url, reference: string): Url | undefined {
  if (/^https?:\/\//i.test(reference)) return parseUrl(reference, MAX_LINK_CHARACTERS);
  if (hasScheme(reference)) return undefined;
  if (reference.startsWith("//")) return parseUrl(`${base.tls ? "https" : "http"}:${reference}`, MAX_LINK_CHARACTERS);
  const [path] = splitQuery(base.path);
  const folder = reference.startsWith("?") ? path : path.slice(0, path.lastIndexOf("/") + 1);
  const absolute = reference.startsWith("/") ? reference : folder + reference;
  return parseUrl(formatUrl({ ...base, path: absolute }), MAX_LINK_CHARACTERS);
}

/** Whether it is no relative one (RFC 3986 §4.1). */
export function hasScheme(reference: string): boolean {
  const scheme = reference.slice(0, Math.max(0, reference.indexOf(":")));
  return /^[a-z]/i.test(scheme) && !/[^a-z0-9+.-]/i.test(scheme);
}

/** Appends `tail` to the path, with one slash between them; a query stays at the end. */
export function joinUrl(base: Url, tail: string): Url {
  const [path, query] = splitQuery(base.path);
  return { ...base, path: `${path.replace(/\/+$/, "")}/${tail}${query}` };
}

/** The path without its query, and the query with its question mark. */
export function splitQuery(path: string): [string, string] {
  const mark = path.indexOf("?");
  return mark < 0 ? [path, ""] : [path.slice(0, mark), path.slice(mark)];
}

/** A dotted IPv4 address. */
export function isAddress(host: string): boolean {
  const parts = host.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

/** Private, shared, link-local and loopback ones are not (RFC 6890 §2.2.2). */
const LOCAL =
  /^(?:0|10|127)\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\.|^192\.168\./;

/** @param address dotted IPv4 */
export function isPublic(address: string): boolean {
  return !LOCAL.test(address);
}

function defaultPort(tls: boolean): number {
  return tls ? 443 : 80;
}
