/** `npm run release`: makes and signs a release. */
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { command, UsageError } from "./command.js";
import { behaviours, firmwareKeyOf, imageOf, imageOfBuild, openKey, readImage, writeRelease } from "./release.js";

const BUILT = "build/esp32-online/bin/esp32/esp32s3/release/esp32-online";

const USAGE = `Usage: npm run release -- --build DIR | --image FILE | --test VERSION [options]

  --build DIR       the bin folder of a build for the ESP32-S3: also for boards on a cable. After npm run build:esp32 with
                    ESP-IDF ${BUILT}
  --image FILE      an application image alone
  --test VERSION    an image for virtual devices, which holds no code: for npm run cloud -- --firmware DIR
  --behaviour HOW   of a test image: ${behaviours.join(", ")}
  --size BYTES      of a test image, at least
  --notes TEXT      what is new
  --key FILE        the private key; made where there is none (default .state/firmware-key.pem)
  --out DIR         default: build/release/<version>
  --help            this text
`;

function readArguments(args: string[]) {
  const text = { type: "string" } as const;
  const { build, image, test, behaviour, size, notes, key, out } = parseArgs({
    args,
    options: { build: text, image: text, test: text, behaviour: text, size: text, notes: text, key: text, out: text },
  }).values;
  if ([build, image, test].filter((one) => one !== undefined).length !== 1)
    throw new UsageError("one of --build, --image and --test is needed");
  return { source: sourceOf({ build, image, test, behaviour, size }), build, notes, key, out };
}

interface SourceArguments {
  build: string | undefined;
  image: string | undefined;
  test: string | undefined;
  behaviour: string | undefined;
  size: string | undefined;
}

function sourceOf({ build, image, test, behaviour, size }: SourceArguments): Parameters<typeof imageOf>[0] {
  if (test === undefined) {
    if (behaviour !== undefined || size !== undefined) throw new UsageError("--behaviour and --size are for --test");
    return { file: build === undefined ? image! : imageOfBuild(build) };
  }
  const known = behaviours.find((name) => name === behaviour);
  if (behaviour !== undefined && !known) throw new UsageError(`--behaviour: one of ${behaviours.join(", ")}`);
  if (size !== undefined && !/^\d{1,7}$/.test(size)) throw new UsageError("--size: bytes, as a number");
  return { version: test, ...(known && { behaviour: known }), ...(size && { sizeBytes: Number(size) }) };
}

/** What a person does with the release. */
function nextStep({ test, build }: { test: boolean; build: boolean }, folder: string): string {
  const offered = `npm run cloud -- --firmware ${folder} offers it to`;
  if (test)
    return `It is for virtual devices: ${offered} them. A board needs code: npm run build:esp32 with ESP-IDF, then
npm run release -- --build ${BUILT}`;
  return build
    ? `Onto a board on a cable: npm run flasher -- ${folder}\nOver the air: ${offered} devices.`
    : `It is for updates over the air: ${offered} devices. A board on a cable needs all of a build: --build.`;
}

await command(USAGE, (args) => {
  const { source, build, notes, key: keyFile = join(".state", "firmware-key.pem"), out } = readArguments(args);
  const image = imageOf(source);
  const { version, signers } = readImage(image);
  const folder = out ?? join("build", "release", version);
  const key = openKey(keyFile);
  writeRelease({
    folder,
    image,
    key,
    warn: (sentence) => console.error(`Warning: ${sentence}`),
    ...(notes !== undefined && { notes }),
    ...(build !== undefined && { build }),
  });
  const to = relative(".", folder);
  const lines = [
    `Release ${version}: ${image.length} bytes in ${to}`,
    `firmwareKey of devices that take nothing else: ${firmwareKeyOf(key)}`,
    ...signers.map((digest) => `Signed for secure boot by the key with the digest ${digest}`),
    nextStep({ test: "version" in source, build: build !== undefined }, to),
  ];
  console.log(lines.join("\n"));
});
