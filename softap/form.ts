/**
 * The bodies that the page and its plain form send. Whoever is on the open network can send 8 KiB of anything, and the
 * heap has 4,928 slots: nothing here makes a value for each character or for each field of such a body.
 */
import { parseTexts } from "../modules/data/texts.js";

/** The page sends ten. */
const MAX_FIELDS = 32;
/** Spaces in one field: a certificate that was pasted with its indentation has some hundred. */
const MAX_SPACES = 1_024;
/** Around a colon in JSON. */
const MAX_SPACE = 32;

export type BodyKind = "form" | "json";

/**
 * @param contentType the header; without it the body is taken for a form
 * @returns undefined for any other: `text/plain` and multipart a page of another site can send unasked
 */
export function bodyKind(contentType: string | undefined): BodyKind | undefined {
  if (contentType === undefined) return "form";
  const type = contentType
    .slice(0, indexOr(contentType, ";", 0, contentType.length))
    .trim()
    .toLowerCase();
  if (type === "application/json") return "json";
  return type === "application/x-www-form-urlencoded" ? "form" : undefined;
}

/** @returns the fields, of a repeated one the last; undefined where the body is no such form, or no object of texts */
export function parseBody(kind: BodyKind, body: string): Map<string, string> | undefined {
  return kind === "json" ? parseTexts(body, MAX_FIELDS) : parseForm(body);
}

/** One field alone, of a body that is not to be parsed as a whole yet. Empty where there is none, or one with escapes in JSON. */
export function pickField(kind: BodyKind, body: string, name: string): string {
  return kind === "json" ? textIn(body, `"${name}"`) : (decode(fieldIn(body, `${name}=`)) ?? "");
}

// By their places: a pattern takes 36 bytes beside the heap for each character that it goes over (fxPushState in the
// SDK's xsre.c), more than the chip has for 8 KiB.

function textIn(json: string, quoted: string): string {
  for (let at = json.indexOf(quoted); at >= 0; at = json.indexOf(quoted, at + 1)) {
    const start = at + quoted.length;
    const between = /^\s*:\s*"/.exec(json.slice(start, start + MAX_SPACE));
    if (!between) continue;
    const text = json.slice(start + between[0].length);
    const end = text.indexOf('"');
    if (end >= 0 && text.lastIndexOf("\\", end) < 0) return text.slice(0, end);
  }
  return "";
}

function fieldIn(form: string, begin: string): string {
  const start = form.startsWith(begin) ? 0 : form.indexOf(`&${begin}`) + 1;
  if (start === 0 && !form.startsWith(begin)) return "";
  return form.slice(start + begin.length, indexOr(form, "&", start, form.length));
}

/** `application/x-www-form-urlencoded` (WHATWG URL §5.1). */
function parseForm(body: string): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  let start = 0;
  for (let pairs = 0; start < body.length; pairs++) {
    if (pairs === MAX_FIELDS) return undefined;
    const end = indexOr(body, "&", start, body.length);
    if (end > start) {
      const equals = indexOr(body, "=", start, end);
      const name = decode(body.slice(start, Math.min(equals, end)));
      const value = decode(body.slice(Math.min(equals + 1, end), end));
      if (name === undefined || value === undefined) return undefined;
      fields.set(name, value);
    }
    start = end + 1;
  }
  return fields;
}

function indexOr(text: string, character: string, start: number, otherwise: number): number {
  const index = text.indexOf(character, start);
  return index < 0 ? otherwise : index;
}

/** Pluses one by one: `replaceAll` takes slots for each of them. */
function decode(text: string): string | undefined {
  let spaced = "";
  let start = 0;
  for (let spaces = 0, plus = text.indexOf("+"); plus >= 0; plus = text.indexOf("+", start)) {
    if (++spaces > MAX_SPACES) return undefined;
    spaced += `${text.slice(start, plus)} `;
    start = plus + 1;
  }
  try {
    return decodeURIComponent(spaced + text.slice(start));
  } catch {
    return undefined; // not UTF-8, or a percent sign without digits
  }
}

/** For text and for attribute values in double quotes. */
export function escapeHtml(text: string): string {
  let escaped = "";
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (!`&<>"'`.includes(character)) continue;
    escaped += `${text.slice(start, index)}&#${character.charCodeAt(0)};`;
    start = index + 1;
  }
  return escaped + text.slice(start);
}
