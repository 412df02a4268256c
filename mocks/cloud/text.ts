/** Text as HTML, safe in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** Text for a log line or a list: control and direction characters become `?`, the rest is cut at `maxLength`. */
export function printable(text: string, maxLength = 80): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}

/** A JSON object, or null for anything else. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

export function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

export function asString(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The MAC in the one form that the cloud stores, `AA:BB:CC:DD:EE:FF`, or null. Lower case is accepted. */
export function canonicalMac(text: unknown): string | null {
  if (typeof text !== "string" || !/^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$/.test(text)) return null;
  return text.toUpperCase();
}

/** @throws {RangeError} when it is no MAC */
export function requireMac(text: string): string {
  const mac = canonicalMac(text);
  if (mac === null) throw new RangeError("mac: six pairs of hexadecimal digits with colons are needed");
  return mac;
}

/** `AA:BB:…` as the xiaozhi servers write it in names and topics: `aa_bb_…`. */
export function underscoredMac(mac: string): string {
  return mac.toLowerCase().replaceAll(":", "_");
}

/** An address or a topic as HTML: a line may end behind a slash or a hyphen. */
export function breakable(text: string): string {
  return text
    .split(/(?<=[/-])/)
    .map(escapeHtml)
    .join("<wbr>");
}
