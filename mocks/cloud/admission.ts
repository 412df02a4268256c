/** Whom the broker lets in. */
import type { AuthenticateError } from "aedes";
import type { ServiceAccount, XiaozhiAccount } from "./credentials.js";
import type { Registry } from "./registry.js";
import type { CloudContext } from "./settings.js";
import { canonicalMac, underscoredMac } from "./text.js";

export type Account = ServiceAccount | XiaozhiAccount;

/** As CONNECT says it. */
export interface Login {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** CONNACK return codes of MQTT 3.1.1, table 3.1. */
export const UNAVAILABLE = 3;
const BAD_USER_OR_PASSWORD = 4;
const NOT_AUTHORIZED = 5;

export function admit({ settings }: CloudContext, registry: Registry, login: Login): Account | AuthenticateError {
  const account = (settings.shortClientIds ? shortAccount(login.clientId) : null) ?? accountOf(registry, login);
  if ("returnCode" in account) return account;
  if (registry.find(account.mac)?.disabled) return refusal(NOT_AUTHORIZED, "the device is disabled");
  return account;
}

export function refusal(returnCode: 3 | 4 | 5, message: string): AuthenticateError {
  return Object.assign(new Error(message), { returnCode });
}

function accountOf(registry: Registry, { clientId, username, password }: Login): Account | AuthenticateError {
  if (username === undefined) return refusal(NOT_AUTHORIZED, "no user name");
  // Clients that have an empty password send none.
  const account = registry.authenticate(clientId, username, password ?? "");
  if (account === "password") return refusal(BAD_USER_OR_PASSWORD, "bad user name or password");
  return account === "client" ? refusal(NOT_AUTHORIZED, "not the client id of this account") : account;
}

/** The account of whoever says `GID…@@@<mac>`: the gateway asks for no password then. Null for other client ids. */
function shortAccount(clientId: string): XiaozhiAccount | null {
  const [group, name, ...more] = clientId.split("@@@");
  const mac = name === undefined || more.length > 0 ? null : canonicalMac(name.replaceAll("_", ":"));
  if (!group || mac === null) return null;
  return {
    family: "xiaozhi",
    mac,
    clientId,
    username: "",
    password: "",
    publishTopic: "device-server",
    subscribeTopic: `devices/p2p/${underscoredMac(mac)}`,
  };
}
