/**
 * `npm run roots`: makes modules/tls/roots.dat, the public authorities that the device trusts, out of Mozilla's list as this
 * Node carries it. Which of them: tools/roots/table.ts.
 */
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { command } from "./command.js";
import { writeBundle } from "./roots/bundle.js";
import { ROOT_NAMES } from "./roots/table.js";
import { ROOT } from "./sdk.js";

export const BUNDLE = join(ROOT, "modules", "tls", "roots.dat");
/** A device may not be updated for as long. */
const YEAR_MS = 365 * 86_400_000;

export function nodeRoots(): X509Certificate[] {
  return rootCertificates.map((pem) => new X509Certificate(pem));
}

/** Those whose common name, or unit, is this one. */
export function named(name: string, list: readonly X509Certificate[]): X509Certificate[] {
  return list.filter(({ subject }) =>
    subject.split("\n").some((line) => line === `CN=${name}` || line === `OU=${name}`),
  );
}

/** @throws Error naming the root that is not in the list, or there twice, or that the device should not or cannot use */
export function chooseRoots(
  names: readonly string[],
  list: readonly X509Certificate[],
  nowMs: number,
): X509Certificate[] {
  return names.map((name) => {
    const [root, ...more] = named(name, list);
    if (!root) throw new Error(`${name}: Node ${process.version} has no such root`);
    if (more.length > 0) throw new Error(`${name}: Node ${process.version} has several`);
    if (Date.parse(root.validFrom) > nowMs) throw new Error(`${name}: not valid before ${root.validFrom}`);
    if (Date.parse(root.validTo) < nowMs + YEAR_MS) throw new Error(`${name}: ends on ${root.validTo}`);
    if (!isUsable(root)) throw new Error(`${name}: a key that the device cannot use`);
    return root;
  });
}

/** What the device's build of Mbed TLS has: RSA of 2,048 to 4,096 bits, P-256, P-384. */
function isUsable({ publicKey }: X509Certificate): boolean {
  const { modulusLength = 0, namedCurve = "" } = publicKey.asymmetricKeyDetails ?? {};
  if (publicKey.asymmetricKeyType === "rsa") return modulusLength >= 2048 && modulusLength <= 4096;
  return ["prime256v1", "secp384r1"].includes(namedCurve);
}

const usage = `Usage: npm run roots

Makes modules/tls/roots.dat, the public authorities that the device trusts, out of Mozilla's list as Node carries it.
Which of them: tools/roots/table.ts.
`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await command(usage, (args) => {
    parseArgs({ args });
    const roots = chooseRoots(ROOT_NAMES, nodeRoots(), Date.now());
    const bundle = writeBundle(roots.map(({ raw }) => raw));
    writeFileSync(BUNDLE, bundle);
    console.log(`modules/tls/roots.dat: ${roots.length} roots, ${bundle.length.toLocaleString("en")} bytes`);
  });
