import type { MockCloud } from "./cloud.js";
import { dialectNames } from "./dialects.js";
import { addFault, endpoints } from "./faults.js";
import { readFirmware } from "./firmware.js";
import { type Answer, type CloudRequest, json, type Route } from "./http.js";
import { sameSite } from "./same-site.js";
import { readSettings } from "./switches.js";
import { asObject, asString, parseObject } from "./text.js";

type Body = Record<string, unknown>;
type Command = (body: Body) => boolean | Promise<boolean>;

/**
 * The JSON API for tools. `GET /admin/state`; everything that changes something is a POST of JSON and answers
 * `{"ok":true}`, or `{"error":"…"}` with 400 (malformed), 403 (from another site), 404 (unknown device, wrong code).
 */
export class AdminApi {
  readonly #cloud: MockCloud;

  constructor(cloud: MockCloud) {
    this.#cloud = cloud;
  }

  routes(): [string, Route][] {
    const cloud = this.#cloud;
    const commands: Record<string, Command> = {
      register: (body) => cloud.act(mac(body), "register"),
      activate: (body) => cloud.enterCode(string(body, "code")).bound,
      disable: (body) => cloud.disable(mac(body)),
      enable: (body) => cloud.enable(mac(body)),
      forget: (body) => cloud.forget(mac(body)),
      control: (body) => cloud.sendControl(mac(body), asObject(body.message) ?? fail("message: an object is needed")),
      faults: (body) => this.#planFaults(body),
      settings: (body) => this.#change(body),
      firmware: ({ offer }) => {
        cloud.offerFirmware(offer === null ? null : readFirmware(asObject(offer) ?? fail("offer: an object or null")));
        return true;
      },
      devices: (body) => {
        cloud.addDevice({ mac: mac(body), serial: string(body, "serial"), hmacKeyHex: string(body, "hmacKeyHex") });
        return true;
      },
    };
    return [
      ["/admin/state", { methods: { GET: () => json(200, cloud.state(), { "Cache-Control": "no-store" }) } }],
      ...Object.entries(commands).map(([name, command]): [string, Route] => [
        `/admin/${name}`,
        { methods: { POST: (request) => run(command, request) } },
      ]),
    ];
  }

  /** `{endpoint, kind, times?, …}` plans one fault; `{clear: true | "<endpoint>"}` forgets what is planned. */
  #planFaults(body: Body): true {
    const { clear } = body;
    if (clear === undefined) addFault(this.#cloud.faults, body);
    else if (clear === true) this.#cloud.faults.clear();
    else
      this.#cloud.faults.clear(
        endpoints.find((name) => name === clear) ?? fail("clear: true or an endpoint is needed"),
      );
    return true;
  }

  /** `{dialect?, <switch>: <value>, …}`: the dialect first; all or, when one value is wrong, nothing. */
  #change({ dialect, ...values }: Body): true {
    const changes = readSettings(values);
    if (dialect !== undefined) {
      const list = dialectNames.join(", ");
      this.#cloud.speak(dialectNames.find((name) => name === dialect) ?? fail(`dialect: one of ${list} is needed`));
    }
    this.#cloud.change(changes);
    return true;
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
    return (await command(body)) ? json(200, { ok: true }) : json(404, { error: "no such device or code" });
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
