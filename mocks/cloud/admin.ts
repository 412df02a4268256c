import { commands } from "./commands.js";
import { type Answer, type CloudRequest, json, type Route } from "./exchange.js";
import type { Operated } from "./operated.js";
import { sameSite } from "./same-site.js";
import { asObject, asString, parseObject } from "./text.js";

type Body = Record<string, unknown>;
type Command = (body: Body) => boolean | Promise<boolean>;

/**
 * The JSON API for tools. `GET /admin/state`; everything that changes something is a POST of JSON and answers
 * `{"ok":true}`, or `{"error":"…"}` with 400 (malformed), 403 (from another site), 404 (unknown device, wrong code).
 */
export class AdminApi {
  readonly #cloud: Operated;

  constructor(cloud: Operated) {
    this.#cloud = cloud;
  }

  routes(): [string, Route][] {
    const cloud = this.#cloud;
    const all: Record<string, Command> = {
      ...commands(cloud),
      register: (body) => cloud.act(mac(body), "register"),
      activate: (body) => cloud.enterCode(string(body, "code")).bound,
      disable: (body) => cloud.disable(mac(body)),
      enable: (body) => cloud.enable(mac(body)),
      forget: (body) => cloud.forget(mac(body)),
      revoke: (body) => cloud.revoke(mac(body)),
      kick: (body) => cloud.kick(mac(body)),
      control: (body) => cloud.sendControl(mac(body), asObject(body.message) ?? fail("message: an object is needed")),
    };
    return [
      ["/admin/state", { methods: { GET: () => json(200, cloud.state(), { "Cache-Control": "no-store" }) } }],
      ...Object.entries(all).map(([name, command]): [string, Route] => [
        `/admin/${name}`,
        { methods: { POST: (request) => run(command, request) } },
      ]),
    ];
  }
}

async function run(command: Command, request: CloudRequest): Promise<Answer> {
  // A page of another site can send a form here but not JSON, and it cannot leave out where it comes from.
  if (!sameSite(request)) return json(403, { error: "requests from other sites are refused" });
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    return json(400, { error: "JSON is needed" });
  const body = parseObject(request.body);
  if (!body) return json(400, { error: "a JSON object is needed" });
  try {
    return (await command(body)) ? json(200, { ok: true }) : json(404, { error: "no such device, connection or code" });
  } catch (error) {
    if (error instanceof RangeError) return json(400, { error: error.message });
    throw error;
  }
}

function mac(body: Body): string {
  return string(body, "mac");
}

function string(body: Body, key: string): string {
  return asString(body[key]) ?? fail(`${key}: a string is needed`);
}

function fail(message: string): never {
  throw new RangeError(message);
}
