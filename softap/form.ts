/** `application/x-www-form-urlencoded` bodies (WHATWG URL §5.1). */

/** @returns the fields, or undefined where the body is no such form; of a repeated field the last counts */
export function parseForm(body: string): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  for (const pair of body.split("&")) {
    if (!pair) continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = decode(equals < 0 ? "" : pair.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    fields.set(name, value);
  }
  return fields;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined; // not UTF-8, or a percent sign without digits
  }
}

/** For text and for attribute values in double quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
