import type { Answer } from "./exchange.js";
import type { HttpEndpoint, HttpFault } from "./faults.js";
import { parseObject } from "./text.js";

/** The faults that are an answer of their own, or a spoiled one. */
export type AnswerFault = Extract<
  HttpFault,
  { kind: "status" | "redirect" | "oversized" | "invalid-json" | "error-in-200" }
>;

export async function spoil(fault: AnswerFault, endpoint: HttpEndpoint, real: () => Promise<Answer>): Promise<Answer> {
  switch (fault.kind) {
    case "status":
      return statusAnswer(fault, endpoint);
    case "redirect":
      return { status: fault.status, headers: { Location: fault.to }, body: "" };
    case "oversized":
      return pad(await real(), fault.bodyBytes);
    case "invalid-json": {
      const answer = await real();
      return { ...answer, status: 200, body: `${answer.body.slice(0, answer.body.length >> 1)}{` };
    }
    case "error-in-200":
      return jsonAnswer(200, JSON.stringify(errorBodies[fault.form]));
  }
}

const errorBodies = {
  error: { error: "Device not found" },
  "success-false": { success: false, message: "request error." },
  "code-500": { code: 500, msg: "服务器内部异常", data: null },
};

/** Without a body of its own, each service's form of an error. */
function statusAnswer({ status, body, retryAfter, retryAfterMs }: AnswerFault & { kind: "status" }, endpoint: string) {
  const xiaozhi = endpoint === "ota" || endpoint === "activate";
  const usual = xiaozhi
    ? { error: { code: `STATUS_${status}`, message: `status ${status}` } }
    : { detail: `status ${status}` };
  const told = retryAfterMs === undefined ? {} : { retry_after: retryAfterMs };
  const answer = jsonAnswer(status, body ?? JSON.stringify({ ...usual, ...told }));
  if (retryAfter !== undefined) answer.headers["Retry-After"] = retryAfter;
  return answer;
}

function jsonAnswer(status: number, body: string): Answer {
  return { status, headers: { "Content-Type": "application/json" }, body };
}

function pad(answer: Answer, bodyBytes: number): Answer {
  const value = { ...parseObject(answer.body), padding: "" };
  const missing = bodyBytes - Buffer.byteLength(JSON.stringify(value));
  return { ...answer, body: JSON.stringify({ ...value, padding: "x".repeat(Math.max(0, missing)) }) };
}
