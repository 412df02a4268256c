/** HTTP requests as nobody should send them; some are still requests. None of them holds settings that could be stored. */
import { flip } from "./dns.js";
import type { Random } from "./random.js";

const many = (count: number, each: (index: number) => string) => Array.from({ length: count }, (_, at) => each(at));
const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "OPTIONS", "DELETE", "get", "", "X".repeat(300)];
const PATHS = [
  "/",
  "/status",
  "/networks",
  "/generate_204",
  "/hotspot-detect.html",
  "/wpad.dat",
  "/favicon.ico",
  "/%",
  "/%ff%00%zz",
  "/../../etc/passwd",
  "/?a=b&c=%",
  "*",
  "",
  "http://captive.apple.com/hotspot-detect.html",
  "http://",
  "https://[::1]:x/@",
  "captive.apple.com:443",
  "/\0",
  "/é",
  `/${"a".repeat(1_900)}`,
  `/${"%41".repeat(3_000)}`,
];
/** So many of them, from the first one, are paths as others. */
const GOOD_PATHS = 7;
const BAD_VERSIONS = ["HTTP/2.0", "HTTP/1.", "http/1.1", "HTTP/1.0 HTTP/1.0", ""];
const LENGTHS = [
  "0",
  "1",
  "5",
  "100",
  "8192",
  "8193",
  "99999999999",
  "-1",
  "+5",
  "0x10",
  "1e3",
  "",
  "x",
  "5, 5",
  "5 5",
];
const BODIES: readonly ((random: Random) => string | Uint8Array)[] = [
  () => "",
  () => "ssid=a&password=abc&token=0",
  () => '{"ssid":"a","password":"abc","token":"0"}',
  () => "%&%%&=%4&%zz=%ff%fe&a=%E4%BD",
  (random) => "&".repeat(random.below(9_000)),
  (random) => `a=${"+".repeat(random.below(9_000))}`,
  (random) => many(random.below(2_500), (at) => `${at}=`).join("&"),
  (random) => `{${many(random.below(900), (at) => `"${at}":""`).join(",")}}`,
  (random) => `{"a":[${many(random.below(4_000), () => "1").join(",")}]}`,
  (random) => random.pick(["[", '{"a":', "{", '"\\']).repeat(random.below(2_000)),
  () => '{"__proto__":{"a":1},"constructor":null}',
  (random) => random.bytes(random.below(12_000)),
  (random) => new Uint8Array(random.below(500)),
  (random) => Uint8Array.of(0xff, 0xfe, 0xc0, 0xaf, 0xed, 0xa0, 0x80, random.below(256)),
];
const ENCODINGS = ["chunked", "Chunked", "gzip", "chunked, chunked", "identity", ""];
const CHUNK_SIZES = ["0", "1", "5", "a", "400", "-5", "zz", "", "ffffffff", "fffffffffffffffff", "5;x=y", " 5", "0x5"];
const HEADERS: readonly ((random: Random) => string)[] = [
  () => "Host: captive.apple.com",
  () => "Host:",
  () => "HOST : x",
  () => "User-Agent: CaptiveNetworkSupport-1 wispr",
  () => "nonsense",
  () => ": nameless",
  () => " folded",
  () => "Expect: 100-continue",
  () => "Connection: Upgrade\r\nUpgrade: websocket",
  () => "Cookie: \0\x01\x7f",
  () => `X-Long: ${"x".repeat(3_000)}`,
  (random) => many(random.below(200), (at) => `h${at}:`).join("\r\n"),
  (random) =>
    `Content-Type: ${random.pick(["text/plain", "application/json", "multipart/form-data; boundary=x", ";"])}`,
  (random) => `Content-Length: ${random.pick(LENGTHS)}`,
  (random) => `Transfer-Encoding: ${random.pick(ENCODINGS)}`,
  (random) => Buffer.from(random.bytes(random.below(60))).toString("latin1"),
];

/** @param host the portal's own `Host` */
export function httpRequest(random: Random, host: string): Uint8Array {
  if (random.percent(5)) return random.bytes(random.below(random.pick([20, 400, 5_000])));
  if (random.percent(2)) return Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, ...random.bytes(200));
  const parts = [request(random, host)];
  while (random.percent(10)) parts.push(request(random, host));
  const bytes = Buffer.concat(parts);
  if (random.percent(15)) flip(bytes, random);
  return random.percent(20) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}

function request(random: Random, host: string): Buffer {
  const newLine = random.percent(94) ? "\r\n" : random.pick(["\n", "\r", "\r\n\r\n", "\0"]);
  const body = Buffer.from(random.pick(BODIES)(random));
  const path = random.percent(60) ? random.pick(PATHS.slice(0, GOOD_PATHS)) : random.pick(PATHS);
  const version = random.percent(85) ? random.pick(["HTTP/1.1", "HTTP/1.0"]) : random.pick(BAD_VERSIONS);
  const lines = [`${random.pick(METHODS)} ${path} ${version}`];
  if (random.percent(75)) lines.push(`Host: ${host}`);
  const isChunked = random.percent(15);
  if (isChunked) lines.push("Transfer-Encoding: chunked");
  else if (random.percent(60)) lines.push(`Content-Length: ${body.length}`);
  for (let more = random.pick([0, 0, 1, 2, 3]); more > 0; more--) lines.push(random.pick(HEADERS)(random));
  const head = Buffer.from(`${random.percent(5) ? "\r\n" : ""}${lines.join(newLine)}${newLine}${newLine}`, "latin1");
  return Buffer.concat([head, isChunked ? chunked(body, random) : body]);
}

function chunked(body: Buffer, random: Random): Buffer {
  const pieces: Buffer[] = [];
  for (let start = 0; start < body.length; ) {
    const piece = body.subarray(start, start + 1 + random.below(1_500));
    const size = random.percent(85) ? piece.length.toString(16) : random.pick(CHUNK_SIZES);
    pieces.push(Buffer.from(`${size}\r\n`), piece, Buffer.from(random.percent(95) ? "\r\n" : ""));
    start += piece.length;
  }
  return Buffer.concat([...pieces, Buffer.from(random.percent(80) ? "0\r\n\r\n" : "0\r\nX: 1\r\n\r\n")]);
}
