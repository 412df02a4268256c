import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { MockCloud } from "../../mocks/cloud/cloud.js";
import { fileKinds } from "../../mocks/cloud/faults.js";
import { readRelease } from "../../mocks/cloud/firmware.js";
import { makeImage } from "../../mocks/device/image.js";
import { openKey, writeRelease } from "../../tools/release.js";
import { deviceInfo, type InfoReply, mac, type OtaReply, postForm, query, startCloud } from "./support.js";

const bytes = Buffer.from(Uint8Array.from({ length: 10_000 }, (_, index) => index % 251));
const release = {
  version: "1.1.0",
  bytes,
  sha256: createHash("sha256").update(bytes).digest("hex"),
  signature: "3006020101020101",
  notes: "faster",
};

async function open(): Promise<{ cloud: MockCloud; url: string }> {
  const cloud = await startCloud();
  cloud.files.add(release);
  return { cloud, url: cloud.files.offer(release.version, cloud.url).url };
}

const get = (url: string, headers: Record<string, string> = {}) => fetch(url, { headers, redirect: "manual" });
const body = async (response: Response) => Buffer.from(await response.arrayBuffer());

test("the whole file, with its length and an ETag", async () => {
  const { url } = await open();
  const response = await get(url);
  const { headers } = response;
  expect([response.status, headers.get("content-length"), headers.get("accept-ranges")]).toEqual([
    200,
    "10000",
    "bytes",
  ]);
  expect(headers.get("etag")).toMatch(/^"[0-9a-f]{32}"$/);
  expect((await body(response)).equals(bytes)).toBe(true);
  const head = await fetch(url, { method: "HEAD" });
  expect([head.headers.get("content-length"), (await body(head)).length]).toEqual(["10000", 0]);
  expect((await fetch(url, { method: "POST" })).status).toBe(405);
  expect((await get(url.replace("1.1.0", "1.1.1"))).status).toBe(404);
});

test.each([
  ["bytes=4096-", 4096, 9999],
  ["bytes=0-4095", 0, 4095],
  ["bytes=9999-20000", 9999, 9999],
  ["bytes=-10", 9990, 9999],
])("the part %s", async (range, first, last) => {
  const { url, cloud } = await open();
  const response = await get(url, { range });
  expect([response.status, response.headers.get("content-range")]).toEqual([206, `bytes ${first}-${last}/10000`]);
  expect((await body(response)).equals(bytes.subarray(first, last + 1))).toBe(true);
  expect(cloud.files.ranges).toEqual([range]);
});

test.each(["bytes=10000-", "bytes=-0"])("there is no part %s", async (range) => {
  const { url } = await open();
  const response = await get(url, { range });
  expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */10000"]);
});

test("what is no range of one part gets all; a part of another file too", async () => {
  const { url } = await open();
  for (const range of ["bytes=-", "bytes=1-2,4-5", "lines=1-2"]) expect((await get(url, { range })).status).toBe(200);
  const etag = (await get(url)).headers.get("etag")!;
  const part = { range: "bytes=1-" };
  expect((await get(url, { ...part, "if-range": etag })).status).toBe(206);
  expect((await get(url, { ...part, "if-range": '"other"' })).status).toBe(200);
});

test("another file with its name has another ETag", async () => {
  const { cloud, url } = await open();
  const before = (await get(url)).headers.get("etag");
  cloud.files.set("1.1.0.bin", bytes.subarray(1));
  expect((await get(url)).headers.get("etag")).not.toBe(before);
});

test("faults, one after the other, each once", async () => {
  const { cloud, url } = await open();
  const plan = (fault: Parameters<MockCloud["faults"]["add"]>[1]) =>
    cloud.faults.add("firmware-file", fault as { kind: "hang" }, 1);
  plan({ kind: "status", status: 500 });
  plan({ kind: "corrupted", offset: 5000 });
  plan({ kind: "no-range" });
  plan({ kind: "no-length" });
  plan({ kind: "redirect" });
  plan({ kind: "redirect", to: "http://127.0.0.1/other" });
  plan({ kind: "slow", chunkBytes: 4000, intervalMs: 1 });
  plan({ kind: "truncated", afterBytes: 5000 });
  expect((await get(url)).status).toBe(500);
  const corrupted = await body(await get(url, { range: "bytes=4000-" }));
  expect([...corrupted].flatMap((byte, index) => (byte === bytes[4000 + index] ? [] : [4000 + index]))).toEqual([5000]);
  const whole = await get(url, { range: "bytes=4000-" });
  expect([whole.status, whole.headers.get("accept-ranges"), (await body(whole)).length]).toEqual([200, null, 10_000]);
  const endless = await get(url);
  expect([endless.headers.get("content-length"), (await body(endless)).length]).toEqual([null, 10_000]);
  expect(cloud.url + (await get(url)).headers.get("location")).toBe(url);
  expect((await get(url)).headers.get("location")).toBe("http://127.0.0.1/other");
  expect((await body(await get(url))).equals(bytes)).toBe(true);
  expect(await raw(url)).toMatch(/Content-Length: 10000\r\n[\s\S]*\r\n\r\n[\s\S]{5000}$/);
  expect((await get(url)).status).toBe(200);
});

/** Everything until the connection ends. */
function raw(url: string): Promise<string> {
  const { port, pathname } = new URL(url);
  return new Promise((done, fail) => {
    let text = "";
    const socket = connect(Number(port), "127.0.0.1", () =>
      socket.write(`GET ${pathname} HTTP/1.1\r\nHost: a\r\n\r\n`),
    );
    socket.on("data", (data) => {
      text += data.toString("latin1");
    });
    socket.on("end", () => done(text));
    socket.on("error", fail);
  });
}

test("a release is offered with its signature; xiaozhi says what it is if a switch wants it", async () => {
  const { cloud, url } = await open();
  cloud.register(mac);
  cloud.offerFirmware(cloud.files.offer("1.1.0", cloud.url));
  const told = { version: "1.1.0", changelog: "faster", signature: release.signature, file_size: 10_000 };
  expect(((await (await deviceInfo(cloud)).json()) as InfoReply).firmware_update).toMatchObject(told);
  const firmware = async () => ((await (await query(cloud)).json()) as OtaReply).firmware;
  expect(await firmware()).toEqual({ version: "1.1.0", url });
  cloud.change({ firmwareChecksum: true });
  const { sha256, signature } = release;
  expect(await firmware()).toEqual({ version: "1.1.0", url, size: 10_000, sha256, signature });
  expect(() => cloud.files.offer("9", cloud.url)).toThrow("release: one of 1.1.0");
});

test("the operator offers what is served with one button, and plans what happens to it", async () => {
  const { cloud, url } = await open();
  const page = `${cloud.url}/behaviour`;
  expect(await (await fetch(page)).text()).toContain(">Offer 1.1.0, which is served here<");
  expect((await postForm(`${page}/firmware`, { release: "1.1.0" })).status).toBe(303);
  expect(cloud.state().firmware).toMatchObject({ version: "1.1.0", url, force: false });
  expect((await postForm(`${page}/firmware`, { release: "2" })).status).toBe(400);

  const fields = { endpoint: "firmware-file", times: "1", status: "404", afterBytes: "5", offset: "5", to: "" };
  const form = { ...fields, chunkBytes: "1024", intervalMs: "200" };
  for (const kind of fileKinds) expect((await postForm(`${page}/faults`, { ...form, kind })).status, kind).toBe(303);
  expect(cloud.faults.list().map(({ kind }) => kind)).toEqual(fileKinds);
  const html = await (await fetch(page)).text();
  for (const line of ["truncated after 5 bytes", "corrupted at 5", "redirect to itself", "status 404"])
    expect(html).toContain(`firmware-file: ${line}, 1×`);
  const refused = await (await postForm(`${page}/faults`, { ...form, kind: "redirect", to: "ftp://x" })).text();
  expect(refused).toMatch(/id="file-faults-to"[^>]* aria-invalid="true"/);
});

test("what npm run release writes can be served; where the image is another one, not", () => {
  const folder = mkdtempSync(join(tmpdir(), "esp32-online-release-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const image = makeImage({ version: "1.2.0" });
  const manifest = writeRelease({ folder, image, key: openKey(join(folder, "key.pem")), notes: "quicker" });
  const { sha256, signature } = manifest.image;
  expect(readRelease(folder)).toEqual({ version: "1.2.0", bytes: image, sha256, signature, notes: "quicker" });
  writeFileSync(join(folder, manifest.image.path), image.subarray(1));
  expect(() => readRelease(folder)).toThrow("image.sha256");
  writeFileSync(join(folder, "manifest.json"), "{}");
  expect(() => readRelease(folder)).toThrow("image");
});
