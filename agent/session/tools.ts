/** The commands as MCP's tools (https://modelcontextprotocol.io/specification/2024-11-05/server/tools). */

import { formatObject } from "../../modules/data/json.js";
import { utf8Length } from "../../modules/settings/settings.js";
import type { Commands, Description } from "../application/application.js";
import { OWN_COMMANDS, ownCommand } from "./commands.js";

/** Of a page's tools, and so of a tool: with what is around it a page fits into MAX_PACKET_BYTES. */
const MAX_PAGE_BYTES = 1_100;

/** The agent's own first: their names are taken. The gateway takes 32 in all. */
export function toolNames(commands: Commands | undefined): string[] {
  const own = OWN_COMMANDS.map(({ name }) => name);
  return [...own, ...Object.keys(commands ?? {}).filter((name) => !own.includes(name))];
}

/**
 * The result of `tools/list`, as JSON.
 * @param cursor as the page before gave it: the name of its next tool
 * @returns undefined where there is no such cursor
 */
export function listTools(commands: Commands | undefined, cursor: string | undefined): string | undefined {
  const names = toolNames(commands);
  const start = cursor ? names.indexOf(cursor) : 0;
  if (start < 0) return undefined;
  let page = "";
  for (let index = start; index < names.length; index++) {
    const name = names[index]!;
    const tool = toolOf(commands, name);
    if (page && utf8Length(page) + utf8Length(tool) >= MAX_PAGE_BYTES)
      return `{"tools":[${page}],"nextCursor":${JSON.stringify(name)}}`;
    page += page ? `,${tool}` : tool;
  }
  return `{"tools":[${page}]}`;
}

/** As JSON; its name alone where the rest of it makes none, or too much. */
function toolOf(commands: Commands | undefined, name: string): string {
  const { description = "", properties = {}, required, ...own } = descriptionOf(commands, name);
  const annotations = own.isForUsers ? { audience: ["user"] } : undefined;
  const inputSchema = { type: "object", properties, required };
  const tool = formatObject({ name, description, inputSchema, annotations });
  if (tool !== undefined && utf8Length(tool) <= MAX_PAGE_BYTES) return tool;
  return JSON.stringify({ name: name.slice(0, 64), description: "", inputSchema: { type: "object", properties: {} } });
}

function descriptionOf(commands: Commands | undefined, name: string): Description & { readonly isForUsers?: true } {
  const own = ownCommand(name);
  if (own) return own;
  const command = commands?.[name];
  return typeof command === "object" ? command : {};
}
