/** HTTPS requests of a client that trusts the account's root. */
import { request } from "node:https";
import type { MockAws } from "../../mocks/aws/aws.js";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Null: no answer within `timeoutMs`. Rejects where the connection breaks. */
export function ask(
  aws: MockAws,
  method: string,
  path: string,
  { body = "", type = "application/json", timeoutMs = 40_000, ca = aws.rootPem } = {},
): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": type, "Content-Length": Buffer.byteLength(body) };
    const outgoing = request(aws.httpsUrl + path, { method, ca, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => (text += part));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode!, type: String(response.headers["content-type"]), body: text });
      });
    });
    outgoing.on("error", reject);
    outgoing.setTimeout(timeoutMs, () => {
      resolve(null);
      outgoing.destroy();
    });
    outgoing.end(body);
  });
}
