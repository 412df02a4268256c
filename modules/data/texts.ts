/**
 * JSON whose names are a stranger's, read without making property names of them (json.ts says why): one object of texts
 * as a map.
 */

/**
 * @param json an object of strings and numbers
 * @returns numbers as they are written; undefined where it is none such, or has more members than that
 */
export function parseTexts(json: string, maxMembers: number): Map<string, string> | undefined {
  const texts = new Map<string, string>();
  const scanner = new Scanner(json);
  if (!scanner.take("{")) return undefined;
  if (scanner.take("}")) return scanner.isAtEnd ? texts : undefined;
  for (let members = 0; members < maxMembers; members++) {
    const name = scanner.string();
    const value = scanner.take(":") ? (scanner.string() ?? scanner.number()) : undefined;
    if (name === undefined || value === undefined) return undefined;
    texts.set(name, value);
    if (scanner.take(",")) continue;
    return scanner.take("}") && scanner.isAtEnd ? texts : undefined;
  }
  return undefined;
}

/** @returns the object that the first member of this name has, at whatever depth, as it is written */
export function objectIn(json: string, name: string): string | undefined {
  const start = new RegExp(`"${name}"\\s{0,32}:\\s{0,32}{`).exec(json);
  if (!start) return undefined;
  const begin = start.index + start[0].length - 1;
  const end = closingBrace(json, begin);
  return end < 0 ? undefined : json.slice(begin, end + 1);
}

function closingBrace(json: string, begin: number): number {
  let depth = 0;
  let isInString = false;
  for (let index = begin; index < json.length; index++) {
    const character = json[index];
    if (character === '"') isInString = !isInString;
    else if (isInString && character === "\\") index++;
    else if (!isInString && character === "{") depth++;
    else if (!isInString && character === "}" && --depth === 0) return index;
  }
  return -1;
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

  /** As it is written; undefined where no number comes next. */
  number(): string | undefined {
    this.skipSpace();
    const start = this.position;
    while (isOfNumber(this.text.charAt(this.position))) this.position++;
    const written = this.text.slice(start, this.position);
    return written !== "" && Number.isFinite(Number(written)) ? written : undefined;
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

function isOfNumber(character: string): boolean {
  return character !== "" && "+-.eE0123456789".includes(character);
}

function isSpace(character: string): boolean {
  return character === " " || character === "\n" || character === "\r" || character === "\t";
}
