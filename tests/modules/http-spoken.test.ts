/** HTTP as servers speak it, over real sockets: whole, and byte by byte. */
import { expect, test } from "vitest";
import { parseUrl } from "../../modules/data/url.js";
import { createHttpClient } from "../../modules/http/client-adapter.js";
import { rightCalendar } from "../calendar.js";
import { fasterClock, faults, onFirstBytes, serveHttp } from "./net-support.js";
import { rawAnswers } from "./raw-answers.js";

const ask = (url: string) =>
  createHttpClient(
    fasterClock(1),
    rightCalendar,
    () => [],
    "device/1.0.0",
  )({ method: "GET", url: parseUrl(url)!, timeoutMs: 3_000 });

const served = (pieces: readonly (string | Uint8Array)[], partBytes: number) =>
  onFirstBytes(async (socket) => {
    socket.setNoDelay(true);
    const bytes = Buffer.concat(pieces.map((piece) => Buffer.from(piece as string)));
    for (let start = 0; start < bytes.length; start += partBytes) {
      socket.write(bytes.subarray(start, start + partBytes));
      if (partBytes < bytes.length) await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end();
  });

test.each(
  rawAnswers.flatMap((raw) => [
    { ...raw, partBytes: 100_000 },
    { ...raw, partBytes: raw.pieces.join("").length > 1_000 ? 97 : 1 },
  ]),
)("$name, in parts of $partBytes", async ({ pieces, partBytes, body, status, reason }) => {
  const result = await ask(`http://127.0.0.1:${await served(pieces, partBytes)}/`);
  if (reason) expect(result).toMatchObject({ ok: false, failure: { reason } });
  else expect(result).toMatchObject({ ok: true, value: { status, body } });
  expect(faults).toEqual([]);
});

test("it asks for what it can read, and names the port that is not the scheme's own", async () => {
  const seen: Record<string, unknown>[] = [];
  const port = await serveHttp((request, response) => {
    seen.push(request.headers);
    response.end();
  });
  await ask(`http://127.0.0.1:${port}/`);
  expect(seen).toEqual([expect.objectContaining({ host: `127.0.0.1:${port}`, "accept-encoding": "identity" })]);
});
