/** What can happen to firmware on its way: each case ends with a board that runs one valid image and is online. */
import { failed, type Reason } from "../../modules/base/failure.js";
import type { FirmwareOffer } from "../../modules/update/update.js";
import { offerOf, signatureOf } from "./board.js";
import type { Manners, ServedRequest } from "./file-server.js";
import { type ImageOptions, makeImage } from "./image.js";
import { offeredTooEarly } from "./update-early.js";
import type { UpdateLife } from "./update-life.js";

export interface UpdateCase {
  readonly image?: Partial<ImageOptions>;
  readonly offer?: (image: Uint8Array<ArrayBuffer>) => Partial<FirmwareOffer>;
  /** Of the server's, by the number of the request. */
  readonly manners?: (number: number, request: ServedRequest) => Manners;
  readonly arrange?: (life: UpdateLife) => void;
  /** Default: the new image runs, and is known as installed. */
  readonly ending?: "installed" | "left alone" | Reason;
  readonly check?: (life: UpdateLife) => void;
}

export const OLD = "1.0.0";
export const NEW = "2.0.0";
export const BLOCK = 4_096;
export const IMAGE_BYTES = 14_000;
export const first = (manners: Manners) => (number: number) => (number === 0 ? manners : {});
const always = (manners: Manners) => () => manners;

export function expect(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** On the console and in the status, with what can be done about it; nothing is fetched. */
function expectTold({ server, board, notes }: UpdateLife, reason: Reason, words: string): void {
  expect(server.requests.length === 0, "not even fetched");
  const status = board.world?.device.updates.status;
  expect(status?.state === "failed" && status.reason === reason, `the status is ${status?.state}, ${status?.reason}`);
  expect(status?.advice?.includes(words), `the status says ${status?.advice}`);
  expect(
    notes.some((note) => note.startsWith(`${reason}: `)),
    "it is said",
  );
}

const WEBSITE = new Uint8Array(9_000).fill(0x3c);
const SOURCES = ["http://a.example/2.bin", "http://b.example/2.bin"];
const secure = { urls: ["https://ota.example.com/firmware.bin"] };
const redirect = (location: string, status = 302) => ({ status, location });
const MINUTE = 60_000;
const signedBy =
  (signer: string) =>
  ({ board }: UpdateLife): void => {
    board.signer = signer;
  };
const withoutChecksum = ({ board }: UpdateLife): void => {
  board.withoutChecksum = true;
};

export const updateCases: Readonly<Record<string, UpdateCase>> = {
  "it is offered while the board goes online": offeredTooEarly(),
  "nothing goes wrong": {
    check({ server, notes }) {
      expect(server.requests.length === 1, `${server.requests.length} requests`);
      expect(notes.includes(`firmware: ${NEW} has proven itself`), "it is said");
    },
  },
  "an image of whole blocks": { image: { sizeBytes: 3 * BLOCK } },
  "an image of one block": { image: { sizeBytes: 2_000 } },
  "no size in the offer": { offer: () => ({ sizeBytes: undefined }) },
  "no length in the answer": { manners: always({ length: "none" }) },
  "the version with a v": { offer: () => ({ version: `v${NEW}` }) },
  // On the way.
  "a server without Range, cut": {
    manners: (number) => ({ isWhole: true, ...(number === 0 && { cutAfterBytes: 9_000 }) }),
  },
  "a server that sends another part, cut": {
    manners: (number) => ({ isWrongPart: true, ...(number === 0 && { cutAfterBytes: 9_000 }) }),
  },
  "another file in the meantime": {
    manners: (number) =>
      number === 0 ? { etag: '"a"', cutAfterBytes: 9_000, file: makeImage({ version: "3" }) } : { etag: '"b"' },
    image: { version: NEW },
    offer: (image) => ({ sha256: offerOf(image, NEW).sha256, sizeBytes: undefined }),
    arrange({ server }) {
      // The file before had another version in its head: only what comes behind it can be spliced.
      const old = server.file.slice();
      old[5_000]! ^= 1;
      server.manners = (_, number) =>
        number === 0 ? { etag: '"a"', cutAfterBytes: 9_000, file: old } : { etag: '"b"' };
    },
    check({ server }) {
      expect(server.requests[1]?.ifRange === '"a"', "If-Range");
      expect(server.requests.length === 2, "the second answer was the whole new file");
    },
  },
  "spoilt at its first byte, once": { manners: first({ spoiltByte: 0 }) },
  "spoilt in its middle, once": { manners: first({ spoiltByte: 5_000 }) },
  "spoilt at its end, once": { manners: first({ spoiltByte: IMAGE_BYTES - 60 }) },
  "spoilt always": { manners: always({ spoiltByte: 5_000 }), ending: "firmware-checksum" },
  "ends too soon, once": {
    manners: first({ truncatedTo: 5_000, length: IMAGE_BYTES - 8 }),
    offer: () => ({ sizeBytes: undefined }),
  },
  "ends too soon, as if it were all": { manners: always({ truncatedTo: 5_000 }), ending: "left alone" },
  "ends too soon, as if it were all, no size in the offer": {
    manners: always({ truncatedTo: 5_000 }),
    offer: () => ({ sizeBytes: undefined }),
    ending: "firmware-checksum",
  },
  "goes on behind its end": { manners: always({ extraBytes: 5_000, length: "none" }), ending: "left alone" },
  "falls silent": { manners: first({ silentAfterBytes: 6_000 }) },
  "another size than offered": { offer: ({ length }) => ({ sizeBytes: length + 1 }), ending: "left alone" },
  "larger than the slot": {
    offer: () => ({ sizeBytes: 3_145_729 }),
    manners: always({ length: 3_145_729 }),
    ending: "left alone",
  },
  "another hash than offered": { offer: () => ({ sha256: "ab".repeat(32) }), ending: "firmware-checksum" },
  // The server's word.
  ...Object.fromEntries(
    [404, 410, 416, 429, 500, 503].flatMap((status): [string, UpdateCase][] => [
      [`${status} always`, { manners: always({ status }), ending: "left alone" }],
      [`${status} once`, { manners: first({ status }) }],
    ]),
  ),
  "416 in the middle": {
    manners: (number) => (number === 0 ? { cutAfterBytes: 9_000 } : number === 1 ? { status: 416 } : {}),
  },
  "206 to a question for all": { manners: first({ status: 206 }) },
  "unreachable once": { manners: first({ status: 0 }) },
  "three redirects": {
    manners: (number) =>
      number < 3 ? redirect(["/a/b", "c?d=e", "//cdn.example/f"][number]!, [301, 307, 308][number]) : {},
    check({ server }) {
      const urls = server.requests.map(({ url }) => url).join(" ");
      const expected =
        "http://ota.example.com/firmware.bin http://ota.example.com/a/b http://ota.example.com/a/c?d=e http://cdn.example/f";
      expect(urls === expected, urls);
    },
  },
  "a redirect loop": { manners: always(redirect("/again")), ending: "left alone" },
  "a redirect to nowhere": { manners: always(redirect("ftp://x/")), ending: "left alone" },
  "from https to http": {
    offer: () => secure,
    manners: always(redirect("http://ota.example.com/firmware.bin")),
    ending: "left alone",
    check: ({ server }) =>
      expect(
        server.requests.every(({ url }) => url.startsWith("https:")),
        "nothing asked in clear",
      ),
  },
  "from http to https": { manners: first(redirect("https://ota.example.com/x")) },
  // Several sources.
  "the first source has none": { offer: () => ({ urls: SOURCES }), manners: first({ status: 404 }) },
  "the first source breaks off, the second goes on": {
    offer: () => ({ urls: SOURCES }),
    manners: first({ cutAfterBytes: 9_000 }),
    check({ server: { requests } }) {
      expect(requests.length === 2, `${requests.length} requests: nothing was spliced`);
      expect(
        requests[1]?.url === SOURCES[1] && requests[1]?.range === `bytes=${2 * BLOCK}-`,
        JSON.stringify(requests[1]),
      );
    },
  },
  "the first source has another file": {
    offer: () => ({ urls: SOURCES }),
    manners: (_, { url }) => (url === SOURCES[0] ? { truncatedTo: 5_000 } : {}),
  },
  // What it is.
  "no image": {
    offer: () => ({ sha256: offerOf(WEBSITE, NEW).sha256, sizeBytes: WEBSITE.length }),
    manners: always({ file: WEBSITE }),
    ending: "firmware-image",
  },
  "for another chip": { image: { chip: 5 }, ending: "firmware-image" },
  "of another project": { image: { project: "blink" }, ending: "firmware-image" },
  "of another version": { image: { version: "2.0.1" }, ending: "firmware-image" },
  "the image that runs": { image: { version: OLD }, ending: "firmware-image" },
  "one that the bootloader refuses": { image: { isBroken: true }, ending: "firmware-image" },
  "signed by the right one": {
    offer: (image) => ({ signature: signatureOf("maker", hashOf(image)) }),
    arrange: signedBy("maker"),
  },
  "signed by the right one, no checksum": {
    offer: (image) => ({ signature: signatureOf("maker", hashOf(image)), sha256: undefined }),
    arrange: signedBy("maker"),
  },
  "signed by somebody else": {
    offer: (image) => ({ signature: signatureOf("thief", hashOf(image)) }),
    arrange: signedBy("maker"),
    ending: "firmware-signature",
  },
  "not signed": {
    arrange: signedBy("maker"),
    ending: "left alone",
    check: ({ server }) => expect(server.requests.length === 0, "not even fetched"),
  },
  "no checksum": {
    offer: () => ({ sha256: undefined, ...secure }),
    ending: "left alone",
    check: (life) => expectTold(life, "firmware-unverified", "firmwareWithoutChecksum"),
  },
  "an address of no use": {
    offer: () => ({ urls: [], mistake: "no address" }),
    ending: "left alone",
    check: (life) => expectTold(life, "firmware-offer", "(no address)"),
  },
  "no checksum, which the build allows over https": {
    offer: () => ({ sha256: undefined, ...secure }),
    arrange: withoutChecksum,
  },
  "no checksum, which the build allows, over http": {
    offer: () => ({ sha256: undefined }),
    arrange: withoutChecksum,
    ending: "left alone",
  },
  older: { image: { version: "0.9.0" }, offer: () => ({ version: "0.9.0" }), ending: "left alone" },
  "older, but it must be taken": {
    image: { version: "0.9.0" },
    offer: () => ({ version: "0.9.0", force: true }),
  },
  "older and signed, but it must be taken: not by this build": {
    ...{ image: { version: "0.9.0" }, ending: "left alone" },
    offer: (image) => ({ version: "0.9.0", force: true, signature: signatureOf("maker", hashOf(image)) }),
    arrange: signedBy("maker"),
    check: (life) => expectTold(life, "firmware-old", "(0.9.0, at least 1.0.0)"),
  },
  "older and signed, which the build allows, and it must be taken": {
    image: { version: "0.9.0" },
    offer: (image) => ({ version: "0.9.0", force: true, signature: signatureOf("maker", hashOf(image)) }),
    arrange({ board }) {
      board.signer = "maker";
      board.minimumVersion = "0.9";
    },
  },
  "older and signed, said to be newer": {
    image: { version: "0.9.0" },
    offer: (image) => ({ force: true, signature: signatureOf("maker", hashOf(image)) }),
    arrange: signedBy("maker"),
    ending: "firmware-image",
  },
  // The trial.
  "crashes before the agent runs": {
    arrange: ({ board }) => void board.behaviours.set(NEW, { crashesAfterMs: -1 }),
    ending: "firmware-crashed",
    check: ({ board }) => expect(board.resets.filter((reset) => reset === "panic").length === 1, "once"),
  },
  "crashes at once": {
    arrange: ({ board }) => void board.behaviours.set(NEW, { crashesAfterMs: 0 }),
    ending: "firmware-crashed",
  },
  "crashes when it is online": {
    arrange: ({ board }) => void board.behaviours.set(NEW, { crashesAfterMs: 30_000 }),
    ending: "firmware-crashed",
    check: ({ board }) => expect(board.resets.filter((reset) => reset === "panic").length === 1, "once"),
  },
  "does not find the Wi-Fi": {
    arrange: ({ board }) => void board.behaviours.set(NEW, { script: { join: () => "wifi-not-found" } }),
    ending: "firmware-offline",
  },
  "does not get to the broker": {
    arrange: ({ board }) => void board.behaviours.set(NEW, { script: { broker: () => "tls-failed" } }),
    ending: "firmware-offline",
  },
  "the service is down in the trial": {
    arrange: ({ board }) => void board.behaviours.set(NEW, { script: { http: () => failed("unreachable") } }),
  },
  "nobody's broker is there in the trial, nor for a while after it": {
    arrange(life) {
      // For everybody, from the first trial's start to ten minutes after its end.
      let fromStart = Number.POSITIVE_INFINITY;
      life.board.script = {
        broker() {
          const { board, starts } = life;
          if (board.version === NEW) fromStart = Math.min(fromStart, starts);
          const isGone =
            starts === fromStart || (starts === fromStart + 1 && board.world!.clock.ticksMs() < 10 * MINUTE);
          return isGone ? "unreachable" : undefined;
        },
      };
    },
    check: ({ starts }) => expect(starts === 3, `old, new, old, new: ${starts}`),
  },
  "somebody restarts it in its trial": {
    arrange(life) {
      life.onStart = (world) => {
        if (life.board.version !== NEW || life.starts > 1) return;
        world.clock.after(20_000, () => world.button.onWish?.("portal"));
      };
      life.board.script = {};
    },
    check: ({ board }) => expect(board.outcomes[0]?.outcome === "installed", "forgiven"),
  },
};

function hashOf(image: Uint8Array): Uint8Array {
  return Uint8Array.from(offerOf(image, NEW).sha256!.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}
