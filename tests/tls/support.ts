/** Servers over TLS, and a device's HTTP client that trusts what it is told to. */
import { createServer } from "node:https";
import { host } from "../../mocks/moddable/host.js";
import { createHttpClient } from "../../modules/http/client-adapter.js";
import { parseUrl } from "../../modules/http/url.js";
import { fasterClock, listening } from "../modules/net-support.js";
import { type Identity, keyPem, pem } from "./certificates.js";
import { ADDRESS } from "./identities.js";

/** From here on the device trusts these. */
export function trust(...anchors: readonly Identity[]): void {
  host.resources.set("private-ca.der", Buffer.concat(anchors.map(({ der }) => der)));
}

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

export async function ask(port: number, options: { body?: string; host?: string; timeoutMs?: number } = {}) {
  const http = createHttpClient(fasterClock(1), { ensure: () => Promise.resolve(), doubt() {} });
  const { body = "hello", host: name = ADDRESS, timeoutMs = 5_000 } = options;
  const result = await http({ method: "POST", url: parseUrl(`https://${name}:${port}/`)!, body, timeoutMs });
  return result.ok ? result.value : result.failure.reason;
}
