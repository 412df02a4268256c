/** Which members of a message from outside get through (modules/data/json.ts says why not all). */

import { type Json, type Names, parseObject } from "../../modules/data/json.js";
import { PREFERENCE_NAMES } from "../../modules/settings/preferences.js";
import type { Command, Commands, DescribedCommand } from "../application/application.js";
import type { Device } from "../device/device.js";

/** Of control messages with what the agent's own commands take, of MCP's requests, and of xiaozhi's own messages. */
export const MESSAGE_NAMES: Names = new Set([
  ...["cmd", "id", "ok", "type", "command", "settings", "level", "template", ...PREFERENCE_NAMES],
  ...["payload", "jsonrpc", "method", "params", "name", "arguments", "cursor", "session_id"],
  ...["version", "transport", "features", "audio_params", "format", "sample_rate", "channels", "frame_duration"],
  ...["udp", "server", "port", "key", "nonce", "encryption", "state", "text", "reason", "status", "message", "emotion"],
]);

/** Compared first: XS would keep each name that it is asked to look up (docs/memory.md). */
export function commandNamed(commands: Commands | undefined, name: string): Command | DescribedCommand | undefined {
  return commands && Object.keys(commands).includes(name) ? commands[name] : undefined;
}

/** @returns undefined where the command is none of the application's: what the agent's own take is in MESSAGE_NAMES */
export function parseFor(
  { application, names }: Pick<Device, "application" | "names">,
  name: string,
  payload: string,
): Json | undefined {
  const command = commandNamed(application.commands, name);
  if (!command) return undefined;
  const properties = typeof command === "object" ? command.properties : undefined;
  return parseObject(payload, new MessageNames(names, properties && JSON.stringify(properties)));
}

/** MESSAGE_NAMES, and what a command's description names at whatever depth; without one whatever there is room for. */
export class MessageNames implements Names {
  private others: Names;
  private described: string | undefined;

  /** @param described JSON */
  constructor(others: Names, described?: string) {
    this.others = others;
    this.described = described;
  }

  has(name: string): boolean {
    if (MESSAGE_NAMES.has(name)) return true;
    return this.described === undefined ? this.others.has(name) : this.described.includes(JSON.stringify(name));
  }
}
