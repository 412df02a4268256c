/**
 * Builds the apps for all files of a run: an app that several want is built once, and one app at a time, since they share
 * the engine's objects.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { TestProject } from "vitest/node";
import type { AppOptions } from "../../tools/sdk.js";
import { buildApp } from "../../tools/simulator.js";

declare module "vitest" {
  interface ProvidedContext {
    builderPort: number;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const builds = new Map<string, { readonly wanted: string; readonly app: Promise<string> }>();
  let last: Promise<unknown> = Promise.resolve();

  const build = async (options: AppOptions): Promise<string> => {
    const startMs = Date.now();
    const app = await buildApp(options);
    console.log(`built ${options.name} in ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
    return app;
  };
  const appOf = (wanted: string): Promise<string> => {
    const options = JSON.parse(wanted) as AppOptions;
    const known = builds.get(options.name);
    if (known?.wanted === wanted) return known.app;
    if (known) throw new Error(`two apps have the name ${options.name}`);
    const app = last.then(() => build(options));
    last = app.catch(() => {});
    builds.set(options.name, { wanted, app });
    return app;
  };
  const server = createServer(async (request, response) => {
    try {
      response.end(await appOf(await text(request)));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  project.provide("builderPort", (server.address() as AddressInfo).port);
  return () => void server.close();
}
