/** Servers over TLS, and a device's HTTP client that trusts what it is told to. */

import { createServer } from "node:https";
import { type Identity, keyPem, pem } from "../../mocks/certificates.js";
import { host } from "../../mocks/moddable/host.js";
import { parseUrl } from "../../modules/data/url.js";
import { createHttpClient } from "../../modules/http/client-adapter.js";
import { rightCalendar } from "../calendar.js";
import { fasterClock, listening } from "../modules/net-support.js";
import { ADDRESS } from "./identities.js";

/** From here on the device trusts these. */
export function trust(...anchors: readonly Identity[]): void {
  host.resources.set("private-ca.der", Buffer.concat(anchors.map(({ der }) => der)));
  given = [];
}

let given: readonly string[] = [];

/** As a person gives them in the portal, and nothing else is trusted. */
export function trustGiven(...anchors: readonly Identity[]): void {
  host.resources.delete("private-ca.der");
  given = anchors.map(({ der }) => der.toString("base64"));
}

export const givenAuthorities = () => given;

/** Answers with the request's body. */
export function serveHttps(chain: readonly Identity[], options: object = {}): Promise<number> {
  const server = createServer(
    { key: keyPem(chain[0]!), cert: pem(...chain), ...options },
    async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      response.end(Buffer.concat(parts));
    },
  );
  server.on("tlsClientError", () => {});
  return listening(server);
}

interface AskOptions {
  body?: string;
  host?: string;
  timeoutMs?: number;
  authorities?: readonly string[];
}

/** @param options authorities: of a trial, in place of those that are stored */
export async function ask(port: number, options: AskOptions = {}) {
  const http = createHttpClient(fasterClock(1), rightCalendar, givenAuthorities, "device/1.0.0");
  const { body = "hello", host: name = ADDRESS, timeoutMs = 5_000, ...trial } = options;
  const result = await http({ method: "POST", url: parseUrl(`https://${name}:${port}/`)!, body, timeoutMs, ...trial });
  return result.ok ? result.value : result.failure.reason;
}
