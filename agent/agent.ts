/** Composition root: makes the ports out of the SDK's modules and starts the lifecycle. */
import config from "mc/config";
import { createLog } from "../modules/base/log.js";
import { createButton } from "../modules/button/adapter.js";
import { SystemClock } from "../modules/clock/adapter.js";
import { Pauses } from "../modules/clock/pauses.js";
import { createCalendar, type TimeSources } from "../modules/clock/sntp-adapter.js";
import { createHttpClient } from "../modules/http/client-adapter.js";
import { createHttpServer } from "../modules/http/server-adapter.js";
import { createHttpStream } from "../modules/http/stream-adapter.js";
import { createIdentity } from "../modules/identity/adapter.js";
import { createKeystore } from "../modules/identity/keystore.js";
import { createMqtt } from "../modules/mqtt/adapter.js";
import { AUTHORITIES } from "../modules/settings/authorities.js";
import { resolveName } from "../modules/socket/resolver-adapter.js";
import { serveUdp } from "../modules/socket/udp-adapter.js";
import { createStore } from "../modules/storage/adapter.js";
import { system } from "../modules/system/adapter.js";
import { readConfig } from "../modules/system/config-adapter.js";
import { createFirmware, type FirmwareBuild } from "../modules/update/adapter.js";
import { createUpdates } from "../modules/update/updates.js";
import { WiFiAdapter } from "../modules/wifi/adapter.js";
import { Journal } from "../provisioning/journal.js";
import type { Agent, Application } from "./application/application.js";
import type { Build, Device } from "./device/device.js";
import { runLifecycle } from "./lifecycle/lifecycle.js";
import { Session } from "./session/session.js";

/** Starts the agent of a board; it runs until the board restarts. To be called once. */
export function startAgent(application: Application = {}): Agent {
  const clock = new SystemClock();
  const calendar = createCalendar(clock, Math.random, config as unknown as TimeSources);
  const store = createStore("agent");
  const factory = createStore("factory");
  const trusted = () => AUTHORITIES.read(store) ?? [];
  const identity = createIdentity(factory, store, Math.random);
  const built = { ...(readConfig() as Build & FirmwareBuild), ...identity.product };
  const firmware = createFirmware(built);
  const build: Build = { ...built, firmwareVersion: firmware.boot.version(built.firmwareVersion) };
  const log = createLog((line) => trace(line, "\n"));
  const device: Device = {
    clock,
    calendar,
    random: Math.random,
    log,
    system,
    wifi: new WiFiAdapter(clock),
    button: createButton(clock),
    display: application.display,
    resolve: resolveName,
    http: createHttpClient(clock, calendar, trusted),
    serveHttp: createHttpServer(clock),
    serveUdp,
    mqtt: createMqtt(clock, calendar, trusted),
    identity,
    updates: createUpdates({
      ...{ clock, calendar, log, system, store, build },
      random: Math.random,
      firmware,
      stream: createHttpStream(clock, calendar, trusted),
      busy: () => application.busy?.(),
    }),
    store,
    journal: new Journal(store),
    keystore: createKeystore(store, factory),
    pauses: new Pauses(clock),
    application,
    build,
  };
  const session = new Session(device, createStore("outbox"));
  void runLifecycle(device, session);
  return session;
}
