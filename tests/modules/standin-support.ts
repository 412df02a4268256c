/** A backend that takes readings and status over HTTP, as a script. */

import { type Reading, type Uploaded, uploadOnce } from "../../agent/session/stand-in/upload.js";
import { type Result, success } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import { formatUrl, parseUrl } from "../../modules/data/url.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import type { StandIn } from "../../provisioning/stand-in.js";

export const DATA = "http://api.example.com/data";
export const STATUS = "http://api.example.com/status";
export const SECRET = 'device"secret';
export const standIn: StandIn = {
  dataUrl: parseUrl(DATA),
  statusUrl: parseUrl(STATUS),
  deviceId: "D1",
  deviceSecret: new Secret(SECRET),
};
export const status = { online: true, ip_address: "192.168.1.7", rssi: -60 };
export const credentials = { device_id: "D1", device_secret: SECRET };
export const taken = { code: 200, message: "数据上传成功", data: {} };

export const reading = (value: unknown): Reading => ({
  payload: typeof value === "string" ? value : JSON.stringify(value),
});
export const numbered = (count: number) => Array.from({ length: count }, (_, index) => reading({ n: index }));
export const reply = (code: number, body: unknown, retryAfterMs?: number): Result<HttpResponse> =>
  success({ status: code, body: typeof body === "string" ? body : JSON.stringify(body), retryAfterMs });

export type Answering = (body: Record<string, unknown>, path: string, count: number) => Result<HttpResponse>;

/** What came, as `[url, body]`. */
export class Backend {
  readonly got: [string, Record<string, unknown>][] = [];
  readonly requests: HttpRequest[] = [];
  #answering: Answering;

  constructor(answering: Answering = () => reply(200, taken)) {
    this.#answering = answering;
  }

  http = async (request: HttpRequest): Promise<Result<HttpResponse>> => {
    const body = JSON.parse(request.body!) as Record<string, unknown>;
    this.requests.push(request);
    this.got.push([formatUrl(request.url), body]);
    return this.#answering(body, request.url.path, this.got.length);
  };

  upload(readings: readonly Reading[], endpoints: Partial<StandIn> = {}, isListed = false): Promise<Uploaded> {
    return uploadOnce(this.http, { ...standIn, ...endpoints }, { status, readings, isListed });
  }
}
