/** Answers as servers, proxies and gateways send them, byte for byte, and what a client has to make of each. */
import { gzipSync } from "node:zlib";

export interface RawAnswer {
  readonly name: string;
  /** Sent one after the other; the connection ends behind the last. */
  readonly pieces: readonly (string | Uint8Array)[];
  /** What comes of it: the body with status 200, or the reason. */
  readonly body?: string;
  readonly status?: number;
  readonly reason?: string;
}

const JSON_BODY = '{"status":"ok"}';
const LENGTH = `Content-Length: ${JSON_BODY.length}`;
const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const gzipped = gzipSync(JSON_BODY);

/** As one text, in several pieces, and byte by byte. */
export const rawAnswers: readonly RawAnswer[] = [
  { name: "a status line without a reason", pieces: [`HTTP/1.1 200 \r\n${LENGTH}\r\n\r\n${JSON_BODY}`] },
  { name: "a status line without a reason's space", pieces: [`HTTP/1.1 200\r\n${LENGTH}\r\n\r\n${JSON_BODY}`] },
  { name: "HTTP/1.0", pieces: [`HTTP/1.0 200 OK\r\n\r\n${JSON_BODY}`] },
  { name: "lines that end with LF alone", pieces: [`HTTP/1.1 200 OK\nServer: x\n${LENGTH}\n\n${JSON_BODY}`] },
  {
    name: "chunks with lines that end with LF alone",
    pieces: [`HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nf\n${JSON_BODY}\n0\n\n`],
  },
  { name: "a header without a value", pieces: [`${OK}X-Empty:\r\n${LENGTH}\r\n\r\n${JSON_BODY}`] },
  { name: "a header that it reads without a value", pieces: [`${OK}Location:\r\n${LENGTH}\r\n\r\n${JSON_BODY}`] },
  { name: "a header without a colon", pieces: [`${OK}nonsense\r\n${LENGTH}\r\n\r\n${JSON_BODY}`] },
  { name: "a folded header", pieces: [`${OK}X-Long: a\r\n content-length: 3\r\n${LENGTH}\r\n\r\n${JSON_BODY}`] },
  { name: "a length that is said twice", pieces: [`${OK}${LENGTH}\r\n${LENGTH}\r\n\r\n${JSON_BODY}`] },
  {
    name: "100 Continue before it",
    pieces: ["HTTP/1.1 100 Continue\r\n\r\n", `${OK}${LENGTH}\r\n\r\n${JSON_BODY}`],
  },
  {
    name: "103 Early Hints before it",
    pieces: [
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 3\r\n\r\nHTTP/1.1 100\r\n\r\n${OK}${LENGTH}\r\n\r\n${JSON_BODY}`,
    ],
  },
  {
    name: "trailers",
    pieces: [`${CHUNKED}f\r\n${JSON_BODY}\r\n0\r\nX-Checksum: 1\r\nServer-Timing: db\r\n\r\n`],
  },
  {
    name: "chunk extensions",
    pieces: [`${CHUNKED}5;a=b\r\n${JSON_BODY.slice(0, 5)}\r\nA ; c="d"\r\n${JSON_BODY.slice(5)}\r\n0;x\r\n\r\n`],
  },
  { name: "chunk sizes with zeros before them", pieces: [`${CHUNKED}0000f\r\n${JSON_BODY}\r\n000\r\n\r\n`] },
  { name: "no line behind the last chunk", pieces: [`${CHUNKED}f\r\n${JSON_BODY}\r\n0\r\n`] },
  { name: "chunked in capitals", pieces: [`${OK}TRANSFER-ENCODING: Chunked\r\n\r\nF\r\n${JSON_BODY}\r\n0\r\n\r\n`] },
  { name: "a byte order mark", pieces: [`${OK}\r\n\ufeff${JSON_BODY}`], body: `\ufeff${JSON_BODY}` },
  {
    name: "a header of 20,000 bytes",
    pieces: [`${OK}Content-Security-Policy: ${"x".repeat(20_000)}\r\n${LENGTH}\r\n\r\n${JSON_BODY}`],
  },
  { name: "200 headers", pieces: [`${OK}${"Set-Cookie: a=b; path=/\r\n".repeat(200)}${LENGTH}\r\n\r\n${JSON_BODY}`] },
  {
    name: "450 short headers",
    pieces: [`${OK}${"a:b\r\n".repeat(450)}${LENGTH}\r\n\r\n${JSON_BODY}`],
    reason: "answer-too-large",
  },
  {
    name: "450 short headers that are read",
    pieces: [`${OK}${"etag:b\r\n".repeat(450)}${LENGTH}\r\n\r\n${JSON_BODY}`],
    reason: "answer-too-large",
  },
  { name: "100 answers of 1xx", pieces: ["HTTP/1.1 102\r\n\r\n".repeat(100), `${OK}${LENGTH}\r\n\r\n${JSON_BODY}`] },
  {
    name: "1xx without end",
    pieces: ["HTTP/1.1 102\r\n\r\n".repeat(500), `${OK}${LENGTH}\r\n\r\n${JSON_BODY}`],
    reason: "answer-too-large",
  },
  {
    name: "trailers without end",
    pieces: [`${CHUNKED}f\r\n${JSON_BODY}\r\n0\r\n${"a:b\r\n".repeat(450)}\r\n`],
    reason: "answer-too-large",
  },
  {
    name: "empty lines without end",
    pieces: ["\r\n".repeat(1_000), `${OK}${LENGTH}\r\n\r\n${JSON_BODY}`],
    reason: "answer-too-large",
  },
  {
    name: "3,000 chunks of one byte",
    pieces: [`${CHUNKED}${"1\r\nx\r\n".repeat(3_000)}0\r\n\r\n`],
    reason: "answer-too-large",
  },
  {
    name: "headers in Latin-1",
    pieces: [OK, Uint8Array.of(0x58, 0x3a, 0xe9, 0x0d, 0x0a), `${LENGTH}\r\n\r\n${JSON_BODY}`],
  },
  {
    name: "a compressed body",
    pieces: [`${OK}Content-Encoding: gzip\r\nContent-Length: ${gzipped.length}\r\n\r\n`, gzipped],
    reason: "answer-compressed",
  },
  {
    name: "a compressed transfer",
    pieces: [`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n`],
    reason: "answer-compressed",
  },
  {
    name: "a compressed page with an error",
    pieces: [`HTTP/1.1 404 Not Found\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc`],
    status: 404,
    body: "",
  },
  { name: "identity said aloud", pieces: [`${OK}Content-Encoding: identity\r\n${LENGTH}\r\n\r\n${JSON_BODY}`] },
  {
    name: "204 with a length",
    pieces: ["HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"],
    status: 204,
    body: "",
  },
  { name: "two lengths", pieces: [`${OK}Content-Length: 3\r\n${LENGTH}\r\n\r\n${JSON_BODY}`], reason: "bad-answer" },
  { name: "no HTTP", pieces: ["SSH-2.0-OpenSSH_9.6\r\n"], reason: "bad-answer" },
  {
    name: "a page that is longer than an answer may be",
    pieces: [`${OK}Content-Type: text/html\r\n\r\n<!doctype html>${"<p>x</p>".repeat(2_000)}`],
    body: "<",
  },
  {
    name: "an error whose text is longer than an answer may be",
    pieces: [`HTTP/1.1 503 Down\r\n\r\n${"no ".repeat(4_000)}`],
    status: 503,
    body: "",
  },
].map((raw) => ({ status: 200, body: JSON_BODY, ...raw }));
