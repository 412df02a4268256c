/** What an app says to its debugger, XML in pieces (the SDK's xsDebug.c), as far as the simulator's console needs it. */

export type Said =
  | { readonly kind: "login" }
  /** A line of the console, without its end. */
  | { readonly kind: "line"; readonly text: string }
  /** The machine has stopped: why. */
  | { readonly kind: "break"; readonly text: string }
  /** The most of the stack that was in use since the last time. */
  | { readonly kind: "stack"; readonly bytes: number };

const ELEMENT = /<(login|log|break|instruments|samples)\b[^>]*?(?:\/>|>([\s\S]*?)<\/\1>)/;
/** XS in debug says it of each exception, those that are caught as well; what nobody catches ends the machine. */
const THROWN = "# Exception: ";
/** What the instruments send all the time is not kept. */
const MAX_UNREAD = 65_536;
const KEPT_UNREAD = 8_192;

export class DebugReader {
  #unread = "";
  #line = "";
  #stackAt = -1;

  take(piece: string): Said[] {
    this.#unread += piece;
    const said: Said[] = [];
    for (let match = ELEMENT.exec(this.#unread); match; match = ELEMENT.exec(this.#unread)) {
      this.#unread = this.#unread.slice(match.index + match[0].length);
      said.push(...this.#read(match[1]!, match[2] ?? ""));
    }
    if (this.#unread.length > MAX_UNREAD) this.#unread = this.#unread.slice(-KEPT_UNREAD);
    return said;
  }

  #read(element: string, content: string): Said[] {
    switch (element) {
      case "login":
        return [{ kind: "login" }];
      case "break":
        return [{ kind: "break", text: unescapeXml(content) }];
      case "instruments":
        this.#stackAt = instruments(content).indexOf("Stack used");
        return [];
      case "samples":
        return [{ kind: "stack", bytes: Number(content.split(",")[this.#stackAt]) }];
      default:
        return content.startsWith(THROWN) ? [] : this.#lines(unescapeXml(content));
    }
  }

  #lines(text: string): Said[] {
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop()!;
    return lines.map((line) => ({ kind: "line", text: line }));
  }
}

const instruments = (text: string): string[] => [...text.matchAll(/name="([^"]*)"/g)].map(([, name]) => name!);

function unescapeXml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, "&");
}
