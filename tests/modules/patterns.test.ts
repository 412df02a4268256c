/**
 * XS keeps 28 bytes and more outside of its heap for each character that a star or a plus of a pattern has gone over
 * (fxPushState in the SDK's xsre.c), and ends the machine where there is no room: 8 KiB take 300 kB.
 */
import { expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { objectIn } from "../../modules/data/texts.js";
import { MAX_LINK_CHARACTERS, parseUrl, resolveUrl } from "../../modules/data/url.js";
import { ResponseLines } from "../../modules/http/response.js";
import { parseBroker } from "../../provisioning/credentials.js";
import { resolveEndpoint } from "../../provisioning/stand-in.js";
import { pickField } from "../../softap/form.js";
import { answerProbe } from "../../softap/probes.js";

/** In front of no bracket that closes: there it is a sign like others. */
const ENDLESS = /(?:[*+]|\{\d+,\})(?![^[\]]*\])/;
const MOST_CHARACTERS = 255;
installGlobals();
const long = "a".repeat(8_000);
const link = long.slice(0, MAX_LINK_CHARACTERS - 20);
const base = { tls: false, host: "h", port: 80, path: "/" };

/** @returns the length of the longest text that a pattern which repeats something without an end was let loose on */
function longestSearched(task: () => void): number {
  const { exec } = RegExp.prototype;
  let longest = 0;
  RegExp.prototype.exec = function (text) {
    if (exec.call(ENDLESS, this.source)) longest = Math.max(longest, String(text).length);
    return exec.call(this, text);
  };
  try {
    task();
  } finally {
    RegExp.prototype.exec = exec;
  }
  return longest;
}

function read(answer: string): void {
  const lines = new ResponseLines();
  for (const byte of Buffer.from(answer)) lines.take(byte);
}

test.each([
  ["a form's token", () => pickField("form", `ssid=a&token=${long}`, "token")],
  ["JSON's token", () => pickField("json", `{"token": "${long}`, "token")],
  ["JSON's spaces", () => pickField("json", `"token"${" ".repeat(8_000)}`, "token")],
  ["a document's spaces", () => objectIn(`"parameters"${" ".repeat(8_000)}`, "parameters")],
  ["the port of a host", () => answerProbe({ method: "GET", host: `a:${"1".repeat(2_000)}`, path: "/" }, "", false)],
  ["a link", () => parseUrl(`http://h/${link}`, MAX_LINK_CHARACTERS)],
  ["a host", () => parseUrl(`http://${link}:80/`, MAX_LINK_CHARACTERS)],
  ["a redirect", () => [link, `${link}:`, `//${link}`, `/${link}`].map((to) => resolveUrl(base, to))],
  ["a broker", () => parseBroker(long)],
  ["an endpoint", () => resolveEndpoint(long, "http://h/")],
  ["a length", () => read(`HTTP/1.1 200 OK\nContent-Length: 1,${" ".repeat(2_000)}1\n\n`)],
])("%s of a stranger is not gone through by a pattern without an end", (_label, task) => {
  expect(longestSearched(task)).toBeLessThanOrEqual(MOST_CHARACTERS);
});
