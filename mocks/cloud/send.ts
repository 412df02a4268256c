import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { HttpFault } from "./faults.js";
import type { Answer, CloudRequest } from "./http.js";
import { parseObject } from "./text.js";

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

/** Answers as the fault says. `real` makes the true answer for the faults that spoil it. */
export async function failWith(
  fault: HttpFault,
  request: CloudRequest,
  response: ServerResponse,
  real: () => Promise<Answer>,
): Promise<void> {
  switch (fault.kind) {
    case "status":
      return sendAnswer(response, statusAnswer(fault));
    case "hang":
      return; // The connection stays open until the other side or stop() ends it.
    case "cut":
      if (fault.at === "headers") response.destroy();
      else await cutBody(response, await real());
      return;
    case "slow":
      return dribble(response, await real(), fault, request.gone);
    case "oversized":
      return sendAnswer(response, pad(await real(), fault.bodyBytes));
    case "invalid-json": {
      const answer = await real();
      return sendAnswer(response, {
        ...answer,
        status: 200,
        body: `${answer.body.slice(0, answer.body.length >> 1)}{`,
      });
    }
    case "error-in-200":
      return sendAnswer(response, jsonAnswer(200, JSON.stringify(errorBodies[fault.form])));
  }
}

const errorBodies = {
  error: { error: "Device not found" },
  "success-false": { success: false, message: "request error." },
  "code-500": { code: 500, msg: "服务器内部异常", data: null },
};

function statusAnswer({ status, body, retryAfter }: HttpFault & { kind: "status" }): Answer {
  const answer = jsonAnswer(status, body ?? JSON.stringify({ detail: `status ${status}` }));
  if (retryAfter !== undefined) answer.headers["Retry-After"] = retryAfter;
  return answer;
}

function jsonAnswer(status: number, body: string): Answer {
  return { status, headers: { "Content-Type": "application/json" }, body };
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
  answer: Answer,
  { chunkBytes, intervalMs }: { chunkBytes: number; intervalMs: number },
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

function pad(answer: Answer, bodyBytes: number): Answer {
  const value = { ...parseObject(answer.body), padding: "" };
  const missing = bodyBytes - Buffer.byteLength(JSON.stringify(value));
  return { ...answer, body: JSON.stringify({ ...value, padding: "x".repeat(Math.max(0, missing)) }) };
}
