import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Delivery } from "./dispatcher.js";
import type { Answer } from "./exchange.js";

/** Brings a delivery over a socket. `gone`: the other side hung up. */
export async function deliver(delivery: Delivery, response: ServerResponse, gone: AbortSignal): Promise<void> {
  switch (delivery.kind) {
    case "answer":
      if (!gone.aborted) await sendAnswer(response, delivery.answer);
      return;
    case "silence":
      return; // The connection stays open until the other side or stop() ends it.
    case "reset":
      response.destroy();
      return;
    case "cut-body":
      return cutBody(response, delivery.answer);
    case "slow":
      return dribble(response, delivery, gone);
  }
}

export function sendAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, framed(answer, body.length));
  return new Promise((resolve) => {
    response.once("close", resolve);
    // Two writes, so that a chunked answer has more than one chunk to put together.
    if (answer.chunked && body.length > 1) response.write(body.subarray(0, body.length >> 1));
    response.end(answer.chunked && body.length > 1 ? body.subarray(body.length >> 1) : body);
  });
}

/** 204 and 304 have no body, and no header that describes one. */
function framed(answer: Answer, length: number): Record<string, string> {
  const bodiless = answer.status === 204 || answer.status === 304;
  return answer.chunked || bodiless ? answer.headers : { ...answer.headers, "Content-Length": String(length) };
}

async function cutBody(response: ServerResponse, answer: Answer): Promise<void> {
  const body = Buffer.from(answer.body || "{}");
  response.writeHead(answer.status, framed(answer, body.length));
  await new Promise<void>((resolve) => response.write(body.subarray(0, body.length >> 1), () => resolve()));
  // FIN, not RST: a reset may throw away what the other side has not read yet.
  response.socket?.end();
}

async function dribble(
  response: ServerResponse,
  { answer, chunkBytes, intervalMs }: Delivery & { kind: "slow" },
  gone: AbortSignal,
): Promise<void> {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, framed(answer, body.length));
  response.flushHeaders();
  for (let offset = 0; offset < body.length && !gone.aborted; offset += chunkBytes) {
    await delay(intervalMs, undefined, { signal: gone }).catch(() => undefined);
    if (!gone.aborted) response.write(body.subarray(offset, offset + chunkBytes));
  }
  response.end();
}
