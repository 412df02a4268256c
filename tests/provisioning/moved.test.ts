/** Services that have moved within their host. */
import { expect, test } from "vitest";
import { type Result, success } from "../../modules/base/failure.js";
import { parseAddress } from "../../modules/data/address.js";
import { formatUrl, parseUrl } from "../../modules/data/url.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import { movedAddress } from "../../provisioning/moved.js";
import { answer, deviceInfo, goodWorld, SERVICE_URL } from "../scripted/cloud.js";
import { onlineOnce } from "../scripted/journeys.js";
import { play } from "../scripted/play.js";
import { World } from "../scripted/world.js";
import { outcomeOf, Service } from "./support.js";

const URL = `${SERVICE_URL}/device/info`;

const movedTo = (result: Result<HttpResponse>, url: string): Result<HttpResponse> =>
  result.ok ? success({ ...result.value, movedTo: parseUrl(url)! }) : result;

test.each([
  ["to https", "https://provision.example.com/device/info", "https://provision.example.com/"],
  ["to another port", "http://provision.example.com:8080/x", "http://provision.example.com:8080/"],
  ["to a slash", `${SERVICE_URL}/device/info/`, undefined],
])("%s is learnt of an answer that is one", async (_what, to, moved) => {
  const service = new Service(() => movedTo(answer(200, deviceInfo()), to));
  expect(outcomeOf(await service.query(URL))).toBe("configuration");
  expect(service.learnt).toEqual(moved ? [{ moved }] : []);
  for (const [status, body] of [
    [200, "<html>"],
    [404, ""],
    [403, { detail: "no" }],
  ] as const) {
    const other = new Service(() => movedTo(answer(status, body), to));
    await other.query(URL);
    expect(other.learnt).toEqual([]);
  }
});

test.each<[string, unknown, string]>([
  [URL, "https://provision.example.com:8443/", "https://provision.example.com:8443/device/info"],
  [URL, "https://provision.example.com/", "https://provision.example.com/device/info"],
  [URL, "https://other.example.com/", URL],
  [URL, 7, URL],
  [URL, undefined, URL],
  ["https://a.example/x", "http://a.example/", "https://a.example/x"],
  ["mqtts://a.example/x", "https://a.example/", "https://a.example/x"],
])("%s with %j in flash is asked at %s", (typed, moved, asked) => {
  const address = movedAddress(parseAddress(typed)!, moved);
  if (!typed.startsWith("mqtts")) expect(formatUrl(address)).toBe(asked);
  else expect(address).toEqual(parseAddress(typed));
});

test("from then on it is asked where it answered, also after a restart, until that fails", () =>
  play(async (enter) => {
    const asked: string[] = [];
    const https = "https://provision.example.com/";
    let isThere = true;
    const http = ({ method, url }: HttpRequest) => {
      if (method === "GET") return answer(404, "");
      asked.push(formatUrl(url));
      if (!url.tls) return isThere ? movedTo(answer(200, deviceInfo()), https) : answer(200, deviceInfo());
      return isThere ? answer(200, deviceInfo()) : answer(404, "");
    };
    const store = await onlineOnce(enter);
    for (const [state, urls] of [
      ["there", [URL]],
      ["there", [`${https}device/info`]],
      ["gone", [`${https}device/info`]],
      ["gone", [URL]],
    ] as const) {
      isThere = state === "there";
      asked.length = 0;
      const world = new World({ ...goodWorld(), http }, store);
      enter(world);
      world.boot();
      await world.until(() => asked.length > 0);
      await world.untilState("online");
      const untilMs = world.clock.ticksMs() + 60_000;
      world.clock.after(60_000, () => {});
      await world.until(() => world.clock.ticksMs() >= untilMs);
      expect(asked).toEqual(urls);
    }
  }));
