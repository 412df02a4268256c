/** HTTP as servers speak it, in XS over the SDK's sockets; the table is Node's, too (tests/modules/http-spoken.test.ts). */
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Simulator } from "../../tools/simulator.js";
import { rawAnswers } from "../modules/raw-answers.js";
import { type Asked, askAll } from "./ask-all.js";

let simulator: Simulator | undefined;
const server = createServer();

afterEach(async () => {
  await simulator?.stop();
  server.close();
});

/** Parts of so many bytes; byte by byte a long answer takes long. */
const partBytesOf = (bytes: number) => (bytes > 1_000 ? 97 : 1);

test("raw answers, whole and in parts, with half of the chip's heap", async () => {
  const asked: Asked[] = [];
  const expected: string[] = [];
  server.on("connection", (socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.once("data", async (request) => {
      const [, index, way] = /^POST \/(\d+)\/(\w+) /.exec(request.toString("latin1"))!;
      const bytes = Buffer.concat(rawAnswers[Number(index)]!.pieces.map((piece) => Buffer.from(piece as string)));
      const partBytes = way === "whole" ? bytes.length : partBytesOf(bytes.length);
      for (let start = 0; start < bytes.length; start += partBytes) {
        socket.write(bytes.subarray(start, start + partBytes));
        if (way !== "whole") await new Promise((resolve) => setImmediate(resolve));
      }
      socket.end();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  for (const [index, { name, status, body = "", reason }] of rawAnswers.entries())
    for (const way of ["whole", "parts"]) {
      asked.push([`${name}, ${way}`, `http://127.0.0.1:${port}/${index}/${way}`, 10]);
      expected.push(`${name}, ${way}: ${reason ?? `${status} ${body.length}`}`);
    }
  const { watch } = await askAll({ name: "http", config: { urls: asked, given: [] } }, expected, (opened) => {
    simulator = opened;
  });
  expect([watch.aborts, watch.lines.filter((line) => line.startsWith("fault"))]).toEqual([[], []]);
});
