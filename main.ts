/** Composition root: makes the ports out of the SDK's modules and starts the lifecycle. */
import config from "mc/config";
import { createButton } from "./modules/button/adapter.js";
import { createClock } from "./modules/clock/adapter.js";
import { createCalendar, type TimeSources } from "./modules/clock/sntp-adapter.js";
import { createHttpClient } from "./modules/http/client-adapter.js";
import { createHttpServer } from "./modules/http/server-adapter.js";
import { createHttpStream } from "./modules/http/stream-adapter.js";
import { createIdentity } from "./modules/identity/adapter.js";
import type { Build } from "./modules/lifecycle/device.js";
import { runLifecycle } from "./modules/lifecycle/lifecycle.js";
import { createLog } from "./modules/log/log.js";
import { createMqtt } from "./modules/mqtt/adapter.js";
import { resolveName } from "./modules/resolver/adapter.js";
import { Pauses } from "./modules/retry/pauses.js";
import { claimRecord } from "./modules/settings/claim.js";
import { settingsRecord } from "./modules/settings/settings.js";
import { createStore } from "./modules/storage/adapter.js";
import { system } from "./modules/system/adapter.js";
import { serveUdp } from "./modules/udp/adapter.js";
import { createFirmware, type FirmwareBuild } from "./modules/update/adapter.js";
import { createUpdates } from "./modules/update/updates.js";
import { WiFiAdapter } from "./modules/wifi/adapter.js";
import { Journal } from "./provisioning/journal.js";

const clock = createClock();
const calendar = createCalendar(clock, Math.random, config as unknown as TimeSources);
const store = createStore("agent");
const firmware = createFirmware(config as unknown as FirmwareBuild);
const build: Build = {
  ...(config as unknown as Build),
  firmwareVersion: firmware.boot.version((config as unknown as Build).firmwareVersion),
};
const log = createLog((line) => trace(line, "\n"));

void runLifecycle({
  clock,
  calendar,
  random: Math.random,
  log,
  system,
  wifi: new WiFiAdapter(clock),
  button: createButton(clock),
  resolve: resolveName,
  http: createHttpClient(clock, calendar),
  serveHttp: createHttpServer(clock),
  serveUdp,
  mqtt: createMqtt(clock, calendar),
  identity: createIdentity(createStore("factory"), store, Math.random),
  updates: createUpdates({
    clock,
    random: Math.random,
    log,
    store,
    firmware,
    stream: createHttpStream(clock, calendar),
    build,
  }),
  store,
  settings: settingsRecord(store),
  claim: claimRecord(store),
  journal: new Journal(store),
  pauses: new Pauses(clock),
  build,
});
