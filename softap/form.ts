/**
 * The bodies that the page and its plain form send. Whoever is on the open network can send 8 KiB of anything, and the
 * heap has 4,928 slots: nothing here makes a value for each character or for each field of such a body.
 */

/** The page sends ten. */
const MAX_FIELDS = 32;
/** Spaces in one field: a certificate that was pasted with its indentation has some hundred. */
const MAX_SPACES = 1_024;

/**
 * @param contentType the header; without it the body is taken for a form
 * @returns the fields, of a repeated one the last; undefined where the body is neither a form nor a JSON object of
 *   strings. `text/plain` and multipart, which a page of another site can send unasked, are refused.
 */
export function parseBody(contentType: string | undefined, body: string): Map<string, string> | undefined {
  if (contentType === undefined) return parseForm(body);
  const type = contentType
    .slice(0, indexOr(contentType, ";", 0, contentType.length))
    .trim()
    .toLowerCase();
  if (type === "application/json") return parseStrings(body);
  return type === "application/x-www-form-urlencoded" ? parseForm(body) : undefined;
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

/** One object whose values are strings. Its names stay texts: XS keeps each property name that it has met until the restart. */
function parseStrings(json: string): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  const scanner = new Scanner(json);
  if (!scanner.take("{")) return undefined;
  if (scanner.take("}")) return scanner.isAtEnd ? fields : undefined;
  for (let members = 0; members < MAX_FIELDS; members++) {
    const name = scanner.string();
    const value = scanner.take(":") ? scanner.string() : undefined;
    if (name === undefined || value === undefined) return undefined;
    fields.set(name, value);
    if (scanner.take(",")) continue;
    return scanner.take("}") && scanner.isAtEnd ? fields : undefined;
  }
  return undefined;
}

/** Goes through JSON token by token. */
class Scanner {
  private text: string;
  private position = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    this.skipSpace();
    return this.position === this.text.length;
  }

  /** @returns whether it is what comes next: then it is behind the scanner */
  take(character: string): boolean {
    this.skipSpace();
    const isNext = this.text.charAt(this.position) === character;
    if (isNext) this.position++;
    return isNext;
  }

  /** @returns undefined where no string comes next */
  string(): string | undefined {
    this.skipSpace();
    const text = this.text;
    const start = this.position;
    if (text.charAt(start) !== '"') return undefined;
    let end = start;
    do {
      end = text.indexOf('"', end + 1);
      if (end < 0) return undefined;
    } while (isEscaped(text, end));
    this.position = end + 1;
    try {
      return JSON.parse(text.slice(start, end + 1));
    } catch {
      return undefined; // a control character, or an escape that there is not
    }
  }

  private skipSpace(): void {
    while (isSpace(this.text.charAt(this.position))) this.position++;
  }
}

/** Behind an odd number of backslashes. */
function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text.charAt(first - 1) === "\\") first--;
  return (index - first) % 2 === 1;
}

function isSpace(character: string): boolean {
  return character === " " || character === "\n" || character === "\r" || character === "\t";
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
