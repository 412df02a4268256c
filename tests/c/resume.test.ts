/** A connection that goes on where another has stopped. */
import { constants, randomBytes } from "node:crypto";
import type { Server, TlsOptions } from "node:tls";
import { beforeEach, describe, expect } from "vitest";
import { makeCertificate, pem } from "../../mocks/certificates.js";
import { type Fields, FLOOR, KNOWN, State } from "../tls/cases.js";
import { authority, server } from "../tls/chain-parts.js";
import { coreTest, openCore } from "./core.js";
import { listening, tlsServer } from "./servers.js";

const core = openCore();
const root = authority();
const chain = [server(root, { names: ["device.example", "other.example"] })];

const HELLO = { send: Buffer.from("hello"), expect: 5 };
const connect = (port: number, fields: Fields = {}) =>
  core.connect(port, { trust: root.der, ...KNOWN, ...HELLO, ...fields });
const FULL = { state: State.OPEN, isResumed: 0, roundTrips: 2, plain: "68656c6c6f" };
const RESUMED = { state: State.OPEN, isResumed: 1, roundTrips: 1, plain: "68656c6c6f" };

/** Without tickets: it keeps them itself. */
function keeping(options: TlsOptions = {}): Server {
  const sessions = new Map<string, Buffer>();
  const secureOptions = constants.SSL_OP_NO_TICKET;
  return tlsServer(chain, { secureOptions, ...options })
    .on("newSession", (id: Buffer, data: Buffer, done: () => void) => {
      sessions.set(id.toString("hex"), data);
      done();
    })
    .on("resumeSession", (id: Buffer, done: (error: null, data: Buffer | null) => void) =>
      done(null, sessions.get(id.toString("hex")) ?? null),
    ) as Server;
}
const ticketing = (options: TlsOptions = {}): Server => tlsServer(chain, options) as Server;

// Whatever was kept is another port's.
beforeEach(async () => {
  await core.do("version", { forget: 1 });
});

describe.each([
  ["tickets", ticketing],
  ["session identifiers", keeping],
])("by %s", (_name, open) => {
  coreTest("the second, the third and so on, and data flows", async () => {
    const port = await listening(open());
    expect(await connect(port)).toMatchObject(FULL);
    for (let count = 0; count < 5; count++) expect(await connect(port)).toMatchObject(RESUMED);
  });

  coreTest("also behind a server's close_notify", async () => {
    const tls = open().on("secureConnection", (socket) => socket.on("data", () => socket.end()));
    const port = await listening(tls);
    const closed = { end: State.CLOSED };
    expect(await connect(port, { expect: 100 })).toMatchObject({ ...FULL, ...closed });
    for (let count = 0; count < 3; count++)
      expect(await connect(port, { expect: 100 })).toMatchObject({ ...RESUMED, ...closed });
  });

  coreTest("in pieces of a byte", async () => {
    const port = await listening(open());
    expect(await connect(port, { piece: 1 })).toMatchObject(FULL);
    expect(await connect(port, { piece: 1 })).toMatchObject(RESUMED);
  });

  const own = makeCertificate({ subject: "device", keyType: "ec" });
  const someOther = makeCertificate({ subject: "device", keyType: "ec" });
  const asked = ({ der, key }: typeof own) => ({ own: der, key: key.export({ format: "der", type: "pkcs8" }) });
  coreTest.each<[name: string, Fields]>([
    ["another host", { host: "other.example" }],
    ["another port", { port: 8883 }],
    ["other authorities", { trust: authority("Other").der }],
    ["more authorities", { trust: Buffer.concat([root.der, authority("Other").der]) }],
    ["an identity", asked(own)],
    ["roots", { roots: Buffer.alloc(2) }],
    ["another knowledge of the time", FLOOR],
  ])("not with %s", async (_name, fields) => {
    const port = await listening(open());
    expect(await connect(port)).toMatchObject(FULL);
    expect(await connect(port, fields)).toMatchObject({ isResumed: 0 });
  });

  coreTest("not with another identity", async () => {
    const port = await listening(open({ requestCert: true, rejectUnauthorized: false, ca: pem(own, someOther) }));
    expect(await connect(port, asked(own))).toMatchObject(FULL);
    expect(await connect(port, asked(own))).toMatchObject(RESUMED);
    expect(await connect(port, asked(someOther))).toMatchObject(FULL);
    expect(await connect(port)).toMatchObject(FULL);
  });

  coreTest("not behind one that was not trusted", async () => {
    const port = await listening(open());
    const nobody = { trust: authority("Other").der };
    for (let count = 0; count < 2; count++)
      expect(await connect(port, nobody)).toMatchObject({ state: State.UNTRUSTED, isResumed: 0 });
    expect(await connect(port)).toMatchObject(FULL);
  });

  coreTest("of two servers each", async () => {
    const ports = [await listening(open()), await listening(open())];
    for (const port of ports) expect(await connect(port, { port })).toMatchObject(FULL);
    for (let count = 0; count < 2; count++)
      for (const port of ports) expect(await connect(port, { port })).toMatchObject(RESUMED);
  });

  coreTest("of three the two that came last", async () => {
    const tls = await listening(open());
    for (const port of [1, 2, 3]) expect(await connect(tls, { port })).toMatchObject(FULL);
    for (const port of [2, 3, 2, 3]) expect(await connect(tls, { port })).toMatchObject(RESUMED);
    expect(await connect(tls, { port: 1 })).toMatchObject(FULL);
  });

  coreTest("not when all is forgotten", async () => {
    const port = await listening(open());
    expect(await connect(port, { forget: 1 })).toMatchObject(FULL);
    expect(await connect(port, { forget: 1 })).toMatchObject(FULL);
  });

  coreTest("one that fails is dropped, and the next is whole", async () => {
    const port = await listening(open());
    const { plain } = await connect(port);
    expect(plain).toBe("68656c6c6f");
    const { handshakeBytes } = await connect(port);
    const failed = await connect(port, { flip: handshakeBytes - 1 });
    expect(failed.state).toBe(State.FAILED);
    expect(await connect(port)).toMatchObject(FULL);
    expect(await connect(port)).toMatchObject(RESUMED);
  });

  coreTest("one that is cut is not dropped", async () => {
    const port = await listening(open());
    expect(await connect(port)).toMatchObject(FULL);
    expect(await connect(port, { cut: 50 })).toMatchObject({ state: State.HANDSHAKE });
    expect(await connect(port)).toMatchObject(RESUMED);
  });
});

coreTest("a server that does not know it any more: a whole one, then it goes on from that", async () => {
  const tls = ticketing();
  const port = await listening(tls);
  expect(await connect(port)).toMatchObject(FULL);
  tls.setTicketKeys(randomBytes(48));
  expect(await connect(port)).toMatchObject(FULL);
  expect(await connect(port)).toMatchObject(RESUMED);
});

coreTest("a server that gives none", async () => {
  const port = await listening(keeping().removeAllListeners("resumeSession"));
  for (let count = 0; count < 3; count++) expect(await connect(port)).toMatchObject(FULL);
});
