/** Reading the page as a browser does. */

/** What a browser makes of the numeric references in a text. */
export function unescapeHtml(text: string): string {
  return text.replace(/&#(\d+);/g, (_match, code: string) => String.fromCharCode(Number(code)));
}

/** The value of an input on the page. */
export function fieldValue(page: string, field: string): string | undefined {
  const value = new RegExp(`<input id="${field}"[^>]* value="([^"]*)"`).exec(page)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
}
