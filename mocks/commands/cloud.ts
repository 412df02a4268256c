import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { command, sentenceOf, UsageError } from "../../tools/command.js";
import { openDemo } from "../aws/demo.js";
import { readRelease } from "../cloud/firmware.js";
import { parseDevices } from "../cloud/import.js";
import { openCloud } from "../cloud/open.js";
import type { KnownDevice, Release } from "../cloud/settings.js";

const usage = `Usage: npm run cloud -- [--port N] [--mqtt-port N] [--devices FILE] [--firmware DIR]… [--aws FOLDER]

Runs the mock cloud on 127.0.0.1: device provisioning, xiaozhi activation, an MQTT broker and a page.

  --port N        HTTP port (default 8001, or a free one when that is taken; 0: any free one)
  --mqtt-port N   MQTT port (default 1883, likewise)
  --devices FILE  devices that it knows by serial number and key: the factory's records, JSON or CSV
  --firmware DIR  a release, as npm run release writes it: served, and the last one offered
  --aws FOLDER    an AWS IoT account as well; the root and a claim are written into the folder
  --help          this text
`;

interface Arguments {
  http: number | null;
  mqtt: number | null;
  releases: Release[];
  devices: KnownDevice[];
  aws: string | null;
}

/** @throws with a sentence for the person who typed them */
function readArguments(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string" },
      "mqtt-port": { type: "string" },
      firmware: { type: "string", multiple: true },
      devices: { type: "string" },
      aws: { type: "string" },
    },
  });
  return {
    http: readPort("--port", values.port),
    mqtt: readPort("--mqtt-port", values["mqtt-port"]),
    releases: (values.firmware ?? []).map(openRelease),
    devices: values.devices === undefined ? [] : importDevices(values.devices),
    aws: values.aws ?? null,
  };
}

function readPort(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new UsageError(`${name}: a port from 0 to 65535 is needed`);
}

function openRelease(folder: string): Release {
  try {
    return readRelease(folder);
  } catch (error) {
    throw new Error(`--firmware ${folder}: ${sentenceOf(error)}`);
  }
}

function importDevices(file: string): KnownDevice[] {
  try {
    return parseDevices(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`--devices ${file}: ${sentenceOf(error)}`);
  }
}

function log(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}

await command(usage, async (args) => {
  const parsed = readArguments(args);
  const { http, mqtt, devices, releases, aws: folder } = parsed;
  let demo: Awaited<ReturnType<typeof openDemo>> | null = null;
  // Without a checksum no device would take it.
  const options = { log, devices, firmwareChecksum: releases.length > 0, awsDevices: () => demo?.seen() ?? [] };
  const cloud = await openCloud({ http, mqtt, options });
  for (const release of releases) cloud.files.add(release);
  const last = releases.at(-1);
  if (last) cloud.offerFirmware(cloud.files.offer(last.version, cloud.url));
  if (folder !== null) console.log("Making the keys and certificates of the AWS account…");
  demo = folder === null ? null : await openDemo(folder, log);
  console.log(`Mock cloud

  Open in a browser    ${cloud.url}/
  Type into a device   ${cloud.url}   (device service)
                       ${cloud.xiaozhiUrl}   (xiaozhi activation)
  MQTT broker          mqtt://127.0.0.1:${cloud.mqttPort}
  Devices it knows     ${devices.length}
  Watch all messages   ${cloud.observing}
${demo?.text ?? ""}
Ctrl-C ends it.
`);
  const end = () => void Promise.all([cloud.stop(), demo?.aws.stop()]).then(() => process.exit(0));
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
});
