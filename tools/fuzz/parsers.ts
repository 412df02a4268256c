/** The parsers by themselves: whatever they are given, they give a value and throw nothing. */
import { bodyLength, HeadFilter, splitTarget } from "../../modules/http/head.js";
import { answerDns } from "../../softap/dns.js";
import { bodyKind, escapeHtml, parseBody, pickField } from "../../softap/form.js";
import { answerProbe } from "../../softap/probes.js";
import { dnsPacket, wrongReply } from "./dns.js";
import { httpRequest } from "./http.js";
import type { Random } from "./random.js";

const TYPES = [undefined, "application/x-www-form-urlencoded", "application/json", "text/plain"];

/** @throws at the first surprise */
export function fuzzParsers(count: number, random: Random, tick: (done: number) => void = () => {}): void {
  for (let each = 0; each < count; each++) {
    tick(each);
    const reply = answerDns(dnsPacket(random), "192.168.4.1", random.percent(50));
    const wrong = reply && wrongReply(reply);
    if (wrong) throw new Error(`a DNS reply is wrong: ${wrong}`);
    fuzzHttp(random);
  }
}

function fuzzHttp(random: Random): void {
  const bytes = httpRequest(random, "192.168.4.1");
  const filter = new HeadFilter();
  let line = "";
  try {
    for (const byte of bytes.subarray(0, 300)) line += String.fromCharCode(filter.pass(byte));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const text = Buffer.from(bytes).toString("latin1");
  const [method = "", target = "", ...rest] = line.split("\r\n")[0]!.trim().split(" ");
  const { host, path } = splitTarget(target, rest.join(" "));
  bodyLength(new Map([[random.pick(["content-length", "transfer-encoding"]), text.slice(0, random.below(30))]]));
  const { status } = answerProbe({ method, host, path }, "http://192.168.4.1/", random.percent(50));
  if (![200, 204, 302, 404, 421].includes(status)) throw new Error(`status ${status}`);
  const body = text.slice(Math.max(0, text.indexOf("\r\n\r\n")));
  const kind = bodyKind(random.pick(TYPES));
  if (kind) parseBody(kind, body);
  if (kind && pickField(kind, body, "token").length > body.length) throw new Error("token");
  if (/[<>"']/.test(escapeHtml(body))) throw new Error("not escaped");
}
