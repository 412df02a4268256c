/** `npm run claim`: plays the app of a trusted user. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { command, UsageError } from "../command.js";
import { fetchClaim, type HandOverOptions, handOver, watch } from "./claim.js";

const usage = `Usage: npm run claim -- --account URL --endpoint HOST[:PORT] --template NAME --ssid NAME [options]

Plays the app of a trusted user: gets a claim from the mock account (npm run cloud -- --aws FOLDER), hands it over to a
device whose captive page is open, and watches until the device has the certificate of its own or says why not.

  --account URL      where the account gives claims: https://127.0.0.1:PORT
  --endpoint H[:P]   what the device connects to, port 8883 where none is named
  --template NAME    the provisioning template
  --parameter N=V    for the template, beside the device's own; more than once
  --ca FILE          the account's authority (root.pem); the device gets it, too
  --portal URL       the device's page (default http://192.168.4.1/)
  --ssid, --password of the Wi-Fi that the device shall join
  --help             this text
`;
/** Wi-Fi, time, two connections and the service's patience. */
const timeoutMs = 120_000;

const text = { type: "string" } as const;
const OPTIONS = {
  account: text,
  endpoint: text,
  template: text,
  parameter: { type: "string", multiple: true },
  ca: text,
  portal: text,
  ssid: text,
  password: text,
} as const;

function readArguments(args: string[]): HandOverOptions {
  const { values } = parseArgs({ args, options: OPTIONS });
  const { account, endpoint, template, ssid, portal = "http://192.168.4.1/", password = "", ca } = values;
  if (!account || !endpoint || !template || !ssid)
    throw new UsageError("--account, --endpoint, --template and --ssid are needed");
  if (!URL.canParse(account) || !URL.canParse(portal)) throw new UsageError("--account and --portal: URLs");
  const parameters = (values.parameter ?? []).map((one) => {
    const equals = one.indexOf("=");
    if (equals < 1) throw new UsageError("--parameter: Name=value");
    return [one.slice(0, equals), one.slice(equals + 1)] as const;
  });
  return {
    ...{ accountUrl: account, endpoint, templateName: template, portalUrl: portal, ssid, password },
    parameters: Object.fromEntries(parameters),
    authorityPem: ca === undefined ? undefined : readFileSync(ca, "utf8"),
  };
}

await command(usage, async (args) => {
  const options = readArguments(args);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const claim = await fetchClaim(options);
  const seconds = Math.round(claim.expiration - Date.now() / 1000);
  print(`claim ${claim.certificateId.slice(0, 8)}…, ${seconds} seconds left`);
  await handOver(options, claim);
  print(`handed over to ${options.portalUrl}; the device tries it, ${timeoutMs / 1000} seconds at most`);
  const status = await watch(options, timeoutMs);
  if (status.phase === "done") {
    print("the device has a certificate of its own");
    return;
  }
  const failure = "failure" in status ? status.failure : undefined;
  throw new Error(`it did not work: ${failure?.reason}${failure?.detail ? ` (${failure.detail})` : ""}`);
});
