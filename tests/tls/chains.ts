/** Chains of certificates, good and bad, with what has to come of them. */
import { type CertificateOptions, extension, type Identity, type KeyType } from "../../mocks/certificates.js";
import { type Case, OVER, State, times } from "./cases.js";
import {
  ANY_USAGE,
  again,
  authority,
  CLIENT_AUTH,
  CRL_SIGN,
  DIGITAL_SIGNATURE,
  extendedKeyUsage,
  KEY_CERT_SIGN,
  keyUsage,
  SERVER_AUTH,
  server,
} from "./chain-parts.js";

const root = authority();
const middle = authority("Middle", { issuer: root });
const stranger = authority("Stranger");
const crossSigned = [server(middle), middle, again(root, stranger)];
/** Another key under the same name. */
const twin = authority("Root");

const good: Case[] = (["rsa", "ec", "p384", "rsa4096"] as KeyType[]).map((keyType) => {
  const issuer = authority("Root", { keyType });
  return [`a chain of ${keyType}`, State.OPEN, [server(issuer, { keyType })], issuer];
});

export const CHAINS: Case[] = [
  ...good,
  ["P-256 under P-384 under RSA", State.OPEN, ...mixed()],
  ["SHA-512", State.OPEN, [server(root, { hash: "sha512" })], root],
  ["over an intermediate", State.OPEN, [server(middle), middle], root],
  ["the root is sent along", State.OPEN, [server(middle), middle, root], root],
  ["over four intermediates", State.OPEN, ...under({}, 4)],
  ["the intermediate is missing", State.UNTRUSTED, [server(middle)], root],
  ["of an unknown authority", State.UNTRUSTED, [server(stranger)], root],
  ["of an unknown authority, which is sent along", State.UNTRUSTED, [server(stranger), stranger], root],
  ["nobody is trusted", State.UNTRUSTED, [server(root), root], []],
  ["a stranger signs itself", State.UNTRUSTED, [server(undefined)], root],
  ["of a namesake with another key", State.UNTRUSTED, [server(twin)], root],
  ["over an intermediate of a namesake", State.UNTRUSTED, [server(again(middle, twin)), again(middle, twin)], root],
  ["the server's own is sent twice", State.OPEN, twice(server(root)), root],
  ["the server's own is sent twice, then its issuer", State.OPEN, [...twice(server(middle)), middle], root],
  ["a stranger in between", State.OPEN, [server(middle), stranger, middle], root],
  ["a stranger at the end", State.OPEN, [server(middle), middle, stranger], root],
  ["a stranger before it", State.UNTRUSTED, [server(undefined), server(middle), middle], root],
  ["a good chain behind a stranger's", State.UNTRUSTED, [server(stranger), middle, root], root],
  ["out of order", State.UNTRUSTED, ...outOfOrder()],
  ["an intermediate as anchor", State.OPEN, [server(middle), middle], middle],
  ["an intermediate as anchor that is not sent", State.OPEN, [server(middle)], middle],
  ["a cross-signed root", State.OPEN, [server(middle), middle, again(root, stranger)], root],
  ["a cross-signed root that has expired", State.OPEN, [server(middle), middle, again(root, stranger, OVER)], root],
  ["a cross-signed root, and who signed it", State.OPEN, [...crossSigned, stranger], root],
  ["a cross-signed root under the one that is trusted", State.OPEN, crossSigned, stranger],
];

export const ANCHORS: Case[] = anchorCases();

export const RIGHTS: Case[] = rightCases();

export const KEYS: Case[] = keyCases();

function outOfOrder(): [Identity[], Identity] {
  const lower = authority("Lower", { issuer: middle });
  return [[server(lower), middle, lower], root];
}

function mixed(): [Identity[], Identity] {
  const top = authority("Root", { keyType: "rsa" });
  const between = authority("Middle", { keyType: "p384", issuer: top });
  return [[server(between), between], top];
}

function twice(one: Identity): Identity[] {
  return [one, one];
}

function alike(one: Identity): [Identity[], Identity] {
  return [[one], one];
}

/** @param count of intermediates between this anchor and the server */
function under(options: Partial<CertificateOptions>, count = 0): [Identity[], Identity] {
  const anchor = authority("Root", options);
  const chain: Identity[] = [];
  for (let number = 0; number < count; number++)
    chain.unshift(authority(`Middle ${number}`, { issuer: chain[0] ?? anchor }));
  return [[server(chain[0] ?? anchor), ...chain], anchor];
}

function sentAlong(options: Partial<CertificateOptions>): [Identity[], Identity] {
  const [chain, anchor] = under(options);
  return [[...chain, anchor], anchor];
}

function weak(): [Identity[], Identity] {
  const between = authority("Middle", { issuer: root, keyType: "rsa1024" });
  return [[server(between), between], root];
}

function spoilt(identity: Identity): Identity {
  const der = Buffer.from(identity.der);
  der[der.length - 1]! ^= 1;
  return { ...identity, der };
}

function anchorCases(): Case[] {
  const expired = again(root, root, OVER);
  const own = server(undefined);
  return [
    ["two of one name", State.OPEN, [server(root)], [root, twin]],
    ["two of one name, in the other order", State.OPEN, [server(root)], [twin, root]],
    ["two of one key, one has expired", State.OPEN, [server(root)], [root, expired]],
    ["two of one key, in the other order", State.OPEN, [server(root)], [expired, root]],
    ["one that has expired", State.EXPIRED, [server(root)], expired],
    ["one that is not yet valid", State.EXPIRED, [server(root)], again(root, root, times(1, 9))],
    ["a good intermediate under an expired root", State.OPEN, [server(middle), middle], [expired, middle]],
    ["the last of 20", State.OPEN, [server(root)], [...Array<Identity>(19).fill(stranger), root]],
    ["the server's own", State.OPEN, [own], own],
    ["the server's own, which has expired", State.EXPIRED, ...alike(server(undefined, OVER))],
    ["the server's own, for another name", State.NAME, ...alike(server(undefined, { names: ["other.example"] }))],
    ["one server's own vouches for nobody else", State.UNTRUSTED, [server(own)], own],
    ["one server's own, sent along, vouches for nobody else", State.UNTRUSTED, [server(own), own], own],
    ["one server's own has a namesake", State.UNTRUSTED, [server(undefined)], own],
    ["the server's own, which its authority has signed", State.UNTRUSTED, ...alike(server(root))],
    ["one without keyCertSign", State.UNTRUSTED, ...under({ extensions: [keyUsage(DIGITAL_SIGNATURE)] })],
    ["one for clients alone", State.UNTRUSTED, ...under({ extensions: [extendedKeyUsage(CLIENT_AUTH)] })],
    ["one whose path length fits", State.OPEN, ...under({ pathLength: 0 })],
    ["one whose path length is exceeded", State.UNTRUSTED, ...under({ pathLength: 0 }, 1)],
    ["one whose path length is just enough", State.OPEN, ...under({ pathLength: 1 }, 1)],
    ["one whose path length is exceeded by one of two", State.UNTRUSTED, ...under({ pathLength: 1 }, 2)],
  ];
}

function rightCases(): Case[] {
  const over = (options: Partial<CertificateOptions>): [Identity[], Identity] => {
    const between = authority("Middle", { issuer: root, ...options });
    return [[server(between), between], root];
  };
  const between = authority("Middle", { issuer: root, pathLength: 0 });
  const lower = authority("Lower", { issuer: between });
  const leaf = (...extensions: Buffer[]): [Identity[], Identity] => [[server(root, { extensions })], root];
  return [
    ["an intermediate that is no authority", State.UNTRUSTED, ...over({ isAuthority: false })],
    ["an intermediate with keyCertSign", State.OPEN, ...over({ extensions: [keyUsage(KEY_CERT_SIGN | CRL_SIGN)] })],
    ["an intermediate without keyCertSign", State.UNTRUSTED, ...over({ extensions: [keyUsage(CRL_SIGN)] })],
    ["an intermediate for servers", State.OPEN, ...over({ extensions: [extendedKeyUsage(CLIENT_AUTH, SERVER_AUTH)] })],
    ["an intermediate for anything", State.OPEN, ...over({ extensions: [extendedKeyUsage(ANY_USAGE)] })],
    ["an intermediate for clients alone", State.UNTRUSTED, ...over({ extensions: [extendedKeyUsage(CLIENT_AUTH)] })],
    ["an intermediate whose path length is exceeded", State.UNTRUSTED, [server(lower), lower, between], root],
    ["an intermediate that has expired", State.EXPIRED, ...over(OVER)],
    ["a server's for servers", State.OPEN, ...leaf(extendedKeyUsage(SERVER_AUTH))],
    ["a server's for clients alone", State.UNTRUSTED, ...leaf(extendedKeyUsage(CLIENT_AUTH))],
    ["a server's that may sign", State.OPEN, ...leaf(keyUsage(DIGITAL_SIGNATURE))],
    ["an extension that nobody knows", State.OPEN, ...leaf(extension("2a0304", Buffer.from([5, 0])))],
    [
      "a critical extension that nobody knows",
      State.UNTRUSTED,
      ...leaf(extension("2a0304", Buffer.from([5, 0]), true)),
    ],
  ];
}

function keyCases(): Case[] {
  const small = (issuer: Identity) => server(issuer, { keyType: "rsa1024" });
  const smallRoot = authority("Root", { keyType: "rsa1024" });
  const old = authority("Middle", { issuer: root, hash: "sha1" });
  return [
    ["a server's with SHA-1", State.UNTRUSTED, [server(root, { hash: "sha1" })], root],
    ["a server's with SHA-1 under an intermediate", State.UNTRUSTED, [server(middle, { hash: "sha1" }), middle], root],
    ["an intermediate's with SHA-1", State.UNTRUSTED, [server(old), old], root],
    ["an anchor's own with SHA-1, which says nothing", State.OPEN, ...under({ hash: "sha1" })],
    ["a server's own with SHA-1", State.UNTRUSTED, ...alike(server(undefined, { hash: "sha1" }))],
    ["an anchor with SHA-1 that is sent along", State.OPEN, ...sentAlong({ hash: "sha1" })],
    ["a server's key of RSA-1024", State.UNTRUSTED, [small(root)], root],
    ["a server's key of RSA-1024 under an intermediate", State.UNTRUSTED, [small(middle), middle], root],
    ["an intermediate's key of RSA-1024", State.UNTRUSTED, ...weak()],
    ["an anchor's key of RSA-1024", State.UNTRUSTED, [server(smallRoot)], smallRoot],
    ["a signature that is spoilt", State.UNTRUSTED, [spoilt(server(root))], root],
    ["an intermediate's signature that is spoilt", State.UNTRUSTED, [server(middle), spoilt(middle)], root],
  ];
}
