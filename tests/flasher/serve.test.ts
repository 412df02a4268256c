import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { answerFile } from "../../tools/flasher/serve.js";

/** `fetch` would tidy the path up. */
function ask(
  port: number,
  path: string,
): Promise<{ status: number | undefined; type: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, type: response.headers["content-type"], body }));
    }).on("error", reject);
  });
}

test("the page's folder and the release's are handed out, and nothing else", async () => {
  const root = mkdtempSync(join(tmpdir(), "serve-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of ["page", "page-old", "release"]) mkdirSync(join(root, folder));
  writeFileSync(join(root, "page", "index.html"), "the page");
  writeFileSync(join(root, "page-old", "secret"), "secret");
  writeFileSync(join(root, "release", "manifest.json"), "{}");
  writeFileSync(join(root, "secret"), "secret");
  symlinkSync(join(root, "secret"), join(root, "release", "link"));
  const folders = { "/": join(root, "page"), "/release/": join(root, "release") };
  const server = createServer((request, response) => void answerFile(folders, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;

  expect(await ask(port, "/?a=b")).toEqual({ status: 200, type: "text/html; charset=utf-8", body: "the page" });
  expect(await ask(port, "/release/manifest.json")).toMatchObject({
    status: 200,
    type: "application/json",
    body: "{}",
  });
  const outside = [
    "/../secret",
    "/%2e%2e/secret",
    "/..%2fsecret",
    "/..%2fpage-old%2fsecret",
    "/release/link",
    "/release/",
  ];
  for (const path of [...outside, "/secret", "/%", "/%00", "//", "/release"])
    expect(await ask(port, path), path).toMatchObject({ status: 404 });
});
