/** A portal's state and requests to it. */
import { installGlobals } from "../../mocks/moddable/globals.js";
import { Secret } from "../../modules/secret/secret.js";
import { type PortalState, type Routed, route } from "../../softap/routes.js";

installGlobals();

export const ADDRESS = "192.168.4.1";
export const STORED_PASSWORD = "stored-pass-word";
export const stored = {
  ssid: "Home",
  password: new Secret(STORED_PASSWORD),
  url: "http://provision.example.com/",
};

export function portalState(change: Partial<PortalState> = {}): PortalState {
  return {
    hosts: [ADDRESS, `${ADDRESS}:80`],
    networks: [],
    stored: undefined,
    defaultUrl: "",
    failure: undefined,
    facts: { MAC: "AA:BB:CC:DD:EE:FF" },
    ...change,
  };
}

export function get(path: string, host = ADDRESS, state = portalState()): Routed {
  return route({ method: "GET", path, host, body: "" }, state);
}

export function post(fields: Record<string, string>, state = portalState(), host = ADDRESS): Routed {
  return route({ method: "POST", path: "/", host, body: new URLSearchParams(fields).toString() }, state);
}

/** What a browser makes of the numeric references in a text. */
export function unescapeHtml(text: string): string {
  return text.replace(/&#(\d+);/g, (_match, code: string) => String.fromCharCode(Number(code)));
}

/** The values of an input's attribute on the page, as a browser reads them. */
export function fieldValue(page: string, field: string): string | undefined {
  const value = new RegExp(`<input id="${field}"[^>]* value="([^"]*)"`).exec(page)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
}
