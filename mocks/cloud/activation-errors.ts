import { type Answer, json, text } from "./exchange.js";
import { retryAfterHeader } from "./retry-after.js";
import type { CloudContext } from "./settings.js";

interface Refusal {
  status: number;
  code: string;
  message: string;
  details?: string;
  retryAfterMs?: number;
}

/** The contract's error body; how long to wait where the switch says: `retry_after` in milliseconds, or a header. */
export function errorAnswer({ settings, now }: CloudContext, refusal: Refusal): Answer {
  const { status, code, message, details, retryAfterMs } = refusal;
  const inBody = settings.retryAfterForm === "body" && retryAfterMs !== undefined;
  const headers = retryAfterMs === undefined ? {} : retryAfterHeader(settings.retryAfterForm, retryAfterMs, now());
  const error = { code, message, ...(details === undefined ? {} : { details }) };
  return json(status, { error, ...(inBody ? { retry_after: retryAfterMs } : {}) }, headers);
}

export function disabledAnswer(context: CloudContext): Answer {
  return errorAnswer(context, { status: 403, code: "DEVICE_DISABLED", message: "设备被管理员禁用" });
}

/** What is wrong with a request: a header that is not there or empty, one that is no MAC, or the body. */
export type Fault = "header-absent" | "header-blank" | "not-a-mac" | "body";

/** 400; the open servers say 200 and put the error inside, each in its own form. */
export function badRequest(context: CloudContext, fault: Fault, message: string): Answer {
  switch (context.settings.badRequestForm) {
    case "status":
      return errorAnswer(context, { status: 400, code: "INVALID_REQUEST", message });
    case "plain":
      return text(400, fault === "body" ? "不支持的算法" : message);
    case "python":
      return json(200, { success: false, message: "request error." });
    case "java":
      if (fault === "header-blank") return json(200, { error: "Device ID is required" });
      if (fault === "not-a-mac") return json(200, { error: "Invalid device ID" });
      return json(200, { code: 500, msg: "服务器内部异常", data: null });
  }
}

/** What the open server says of a path that it does not have (aiohttp). */
export function noSuchRoute(): Answer {
  return text(404, "404: Not Found");
}
