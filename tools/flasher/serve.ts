/** Files of folders over HTTP, and nothing outside of them. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
};

/** @param folders by the paths that they stand under, which end in a slash; the longest one that fits counts */
export async function answerFile(
  folders: Readonly<Record<string, string>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(request.url ?? "/");
  const prefix = Object.keys(folders)
    .filter((one) => path.startsWith(one))
    .sort((a, b) => b.length - a.length)[0];
  const file = prefix && (await fileIn(folders[prefix]!, path.slice(prefix.length) || "index.html"));
  if (!file) {
    response.writeHead(404, { "content-type": "text/plain" }).end("There is nothing here.\n");
    return;
  }
  const type = types[extname(file)] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "cache-control": "no-cache", "x-content-type-options": "nosniff" });
  createReadStream(file).pipe(response);
}

function pathOf(url: string): string {
  try {
    return decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return "";
  }
}

/** Undefined where there is no such file, or where its name or a link leads out of the folder. */
async function fileIn(folder: string, name: string): Promise<string | undefined> {
  try {
    const [root, file] = [await realpath(folder), await realpath(join(folder, name))];
    return file.startsWith(root + sep) && (await stat(file)).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}
