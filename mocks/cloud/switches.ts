/** Every quirk that the cloud can have, described once: for its type, the admin API and the admin page. */

interface Described {
  readonly group: Group;
  /** What it is, for a person. */
  readonly text: string;
}
export interface Choice<Value extends string | number> extends Described {
  readonly kind: "choice";
  readonly values: readonly Value[];
  readonly initial: Value;
}
export interface Flag extends Described {
  readonly kind: "flag";
  readonly initial: boolean;
}
export interface Whole extends Described {
  readonly kind: "whole";
  readonly min: number;
  readonly max: number;
  readonly initial: number;
}
export interface Path extends Described {
  readonly kind: "path";
  readonly initial: string;
}
export type Switch = Choice<string | number> | Flag | Whole | Path;

export const groups = [
  "All services",
  "Device service",
  "xiaozhi: the query",
  "xiaozhi: connection settings",
  "xiaozhi: activate",
  "MQTT broker",
] as const;
export type Group = (typeof groups)[number];

const choice =
  (group: Group) =>
  <const Value extends string | number>(
    values: readonly Value[],
    text: string,
    initial: NoInfer<Value> = values[0]!,
  ): Choice<Value> => ({ kind: "choice", group, text, values, initial });
const flag =
  (group: Group) =>
  (initial: boolean, text: string): Flag => ({ kind: "flag", group, text, initial });
const whole =
  (group: Group) =>
  (initial: number, [min, max]: readonly [number, number], text: string): Whole => ({
    kind: "whole",
    group,
    text,
    min,
    max,
    initial,
  });
const kinds = (group: Group) => ({ one: choice(group), flag: flag(group), whole: whole(group) });

const device = kinds("Device service");
const query = kinds("xiaozhi: the query");
const settings = kinds("xiaozhi: connection settings");
const activate = kinds("xiaozhi: activate");
const broker = kinds("MQTT broker");

const DAY_MS = 86_400_000;
/** What a `configuration` may say that no device should believe. */
const anyNumber = [-1, 2_147_483_647] as const;

/** The first value of a choice is its default; all defaults together are the deployed, strict servers. */
export const switches = {
  rateLimited: flag("All services")(true, "Too many requests are answered 429"),
  pathPrefix: {
    kind: "path",
    group: "All services",
    text: "All services live below this path, as behind a proxy; the pages stay where they are",
    initial: "",
  } as Path,

  autoRegister: device.flag(false, "An unknown MAC is registered at its first request instead of getting 404"),
  productIdRequired: device.flag(true, "product_id is needed, 422 without it (newer servers)"),
  infoByGet: device.one([405, 404, "works"], "GET /device/info?mac=…: refused (older servers), or as POST (newer)"),
  health: device.one(["healthy", "unhealthy", "missing"], "GET /health; unhealthy: 503, missing: 404"),
  replyShape: device.one(["seed", "sparse"], "The contract's full reply, or the shorter one of newer servers"),
  brokerForm: device.one(["usual", "host", "url", "both"], "The broker as host and port, as url, or both"),
  topics: device.one(["usual", "none", "more"], "topics as the shape has them, left out, or with names nobody knows"),
  productIdInReply: device.one(["usual", "absent", "string", "number", "null"], "product_id in the reply"),
  checksumForm: device.one(["usual", "prefixed", "bare"], "A firmware's checksum with sha256: before it, or bare"),
  infoRetryAfter: device.one(["none", "seconds", "date"], "Retry-After with 429; deployed servers send none"),
  cleanSession: device.one(["absent", "clean", "persistent"], "mqtt_config.clean_session: left out, true or false"),
  infoKeepaliveS: device.whole(0, [0, 65_535], "s, mqtt_config.keepalive; 0: left out"),
  apiConfig: device.one(["usual", "absent", "whole", "paths"], "api_config as the shape has it, none, or with paths"),
  heartbeatIntervalS: device.whole(0, anyNumber, "s, api_config.heartbeat_interval; 0: left out"),
  uploadIntervalS: device.whole(0, anyNumber, "s, api_config.upload_interval; 0: left out"),
  uploadForm: device.one(["list", "object"], "sensors and status over HTTP: a list and a word, or objects (contract)"),
  minimumAnswerMs: device.whole(100, [0, 60_000], "ms, the least time of an answer about a device, found or not"),

  replyForm: query.one(
    ["deployed", "seed"],
    "server_time and firmware{version,url}, or the contract's status and names",
  ),
  activationNeeded: query.flag(true, "A person must enter a code; the Python server gives settings to everyone"),
  codeForV1: query.flag(true, "Version 1 needs a code, too; with the contract and py-xiaozhi it does not"),
  bindingTo: query.one(["client", "mac"], "A binding holds for the Client-Id, or for the MAC whoever it says it is"),
  pendingStatus: query.one([200, 202], "Status of an answer that carries a code"),
  activationForm: query.one(["nested", "flat"], "The code inside activation{}, or beside the other members"),
  challengeSource: query.one(["random", "mac", "none"], "The challenge; the Java server sends the Device-Id"),
  timeoutTold: query.flag(true, "timeout_ms is in the answer"),
  activationUrlTold: query.flag(true, "activation_url is in the answer"),
  codeLifetimeMs: query.whole(300_000, [1, 30 * DAY_MS], "ms, how long a code and its challenge live"),
  badRequestForm: query.one(
    ["status", "plain", "java", "python"],
    "Bad requests: 400 in JSON or in plain text, or 200 with an error inside",
  ),
  retryAfterForm: query.one(["body", "seconds", "date", "none"], "Where 401 and 429 say how long to wait"),
  getText: query.one(["java", "python", "incomplete"], "What GET tells a person who opens the address"),

  settingsForm: settings.one(["both", "mqtt", "websocket"], "Which settings an activated device gets"),
  settingsWhilePending: settings.flag(false, "The answer with the code has settings already (Java)"),
  firmwareWhilePending: settings.flag(true, "The answer with the code offers firmware; no (Java): once bound only"),
  endpointForm: settings.one(["joined", "apart", "host"], "endpoint host:port, host and port apart, or the host alone"),
  clientIdForm: settings.one(["uuid", "mac"], "client_id ends in the Client-Id, or in the MAC again"),
  clientIdChanges: settings.flag(false, "client_id names the board once the device is bound, another one before"),
  mqttPassword: settings.one(["signature", "empty"], "password; empty: the server has no key to sign with (Python)"),
  subscribeTopic: settings.one(["p2p", "null"], 'subscribe_topic, or the text "null"'),
  keepaliveS: settings.whole(0, [0, 65_535], "s, mqtt.keepalive; 0: left out"),
  configuration: settings.one(["empty", "values", "none"], "configuration{}"),
  configurationHeartbeatS: settings.whole(30, anyNumber, "s, configuration.heartbeat_interval"),
  configurationRetries: settings.whole(3, anyNumber, "configuration.retry_attempts"),
  configurationTimeoutMs: settings.whole(10_000, anyNumber, "ms, configuration.timeout_ms"),
  serverTime: settings.one(["offset", "zone", "none"], "server_time with its offset, with timeZone beside it, or none"),
  noFirmware: settings.one(
    ["placeholder", "empty", "absent"],
    "firmware when there is none: a url not to be followed, an empty one, or left out once bound",
  ),
  forceForm: settings.one(["number", "boolean"], "firmware.force as 1, or as true (which clients ignore)"),
  firmwareChecksum: settings.flag(false, "firmware says size, sha256 and signature, as no original server does"),

  activateRoute: activate.flag(true, "There is an activate; the Python server has none, 404"),
  activateChecked: activate.flag(true, "activate is checked and held; no (Java): it looks at the MAC only, at once"),
  activateBody: activate.one(["any", "flat", "wrapped"], "The form of the body that is understood, the other gets 400"),
  activateV1: activate.flag(true, "Version 1's empty body is understood; no (Go): 400"),
  activateSuccess: activate.one(["settings", "text", "empty"], "What 200 carries: settings, the word success, nothing"),
  strictSerials: activate.flag(false, "A serial number without a known key gets 404 instead of no check"),
  keyForm: activate.one(["bytes", "text"], "The HMAC key: the key's bytes, or the text of its hexadecimal digits"),
  holdMs: activate.whole(10_000, [0, 600_000], "ms, how long activate is held before 202; 0: at once"),

  refusal: broker.one(
    ["connack", "accept-then-close"],
    "Wrong credentials: CONNACK 4 or 5, or 0 and a closed connection",
  ),
  mcpGreeting: broker.flag(true, "The gateway asks for the device's tools: MCP's initialize and tools/list"),
  gateway: broker.flag(
    true,
    "xiaozhi's gateway for client ids with @@@: it reads a will as user name and password, answers CONNECT before it looks " +
      "at them, closes at what it does not know (QoS other than 0, UNSUBSCRIBE, acknowledgements, no JSON), and answers " +
      "goodbye to what it cannot pass on",
  ),
  shortClientIds: broker.flag(false, "A client id of two parts, GID@@@mac, is let in without a look at its password"),
} as const;

type Switches = typeof switches;
type ValueOf<Item> =
  Item extends Choice<infer Value> ? Value : Item extends { readonly initial: infer Value } ? Widened<Value> : never;
type Widened<Value> = Value extends boolean ? boolean : Value extends number ? number : string;

/** What can be switched while the cloud runs. Every service reads it anew for each request. */
export type CloudSettings = { -readonly [Name in keyof Switches]: ValueOf<Switches[Name]> };
export type SwitchName = keyof Switches;

export const switchNames = Object.keys(switches) as SwitchName[];

export const defaultSettings = Object.fromEntries(
  switchNames.map((name) => [name, switches[name].initial]),
) as Readonly<CloudSettings>;

/**
 * Values from outside, as JSON has them or as a form's texts.
 * @throws {RangeError} naming the switch that is unknown or has no such value
 */
export function readSettings(source: Readonly<Record<string, unknown>>): Partial<CloudSettings> {
  return Object.fromEntries(
    Object.entries(source).map(([name, value]) => {
      if (!Object.hasOwn(switches, name)) throw new RangeError(`${name}: there is no such switch`);
      return [name, readValue(name, switches[name as SwitchName], value)];
    }),
  );
}

function readValue(name: string, item: Switch, value: unknown): string | number | boolean {
  const text = typeof value === "string" ? value.trim() : JSON.stringify(value);
  switch (item.kind) {
    case "choice": {
      const found = item.values.find((one) => String(one) === text);
      if (found === undefined) throw new RangeError(`${name}: one of ${item.values.join(", ")} is needed`);
      return found;
    }
    case "flag":
      if (text !== "true" && text !== "false") throw new RangeError(`${name}: true or false is needed`);
      return text === "true";
    case "whole": {
      const number = /^-?\d{1,15}$/.test(text ?? "") ? Number(text) : Number.NaN;
      if (number >= item.min && number <= item.max) return number;
      throw new RangeError(`${name}: an integer from ${item.min} to ${item.max} is needed`);
    }
    case "path":
      // What a proxy's rule could be: one slash before each part, none at the end.
      if (text !== undefined && /^(\/[\w.~-]{1,64}){0,8}$/.test(text)) return text;
      throw new RangeError(`${name}: a path such as /some/prefix is needed, or nothing`);
  }
}
