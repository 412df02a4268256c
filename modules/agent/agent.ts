/** Composition root: makes the ports out of the SDK's modules and starts the lifecycle. */
import config from "mc/config";
import { enrolmentRecord } from "../../provisioning/fleet-record.js";
import { Journal } from "../../provisioning/journal.js";
import { saleRecord } from "../../provisioning/vending-record.js";
import type { Agent, Application } from "../application/application.js";
import { createButton } from "../button/adapter.js";
import { createClock } from "../clock/adapter.js";
import { createCalendar, type TimeSources } from "../clock/sntp-adapter.js";
import { createHttpClient } from "../http/client-adapter.js";
import { createHttpServer } from "../http/server-adapter.js";
import { createHttpStream } from "../http/stream-adapter.js";
import { createIdentity } from "../identity/adapter.js";
import { createKeystore } from "../keystore/keystore.js";
import type { Build, Device } from "../lifecycle/device.js";
import { runLifecycle } from "../lifecycle/lifecycle.js";
import { createLog } from "../log/log.js";
import { createMqtt } from "../mqtt/adapter.js";
import { Outbox } from "../outbox/outbox.js";
import { resolveName } from "../resolver/adapter.js";
import { Pauses } from "../retry/pauses.js";
import { publisher } from "../session/publish.js";
import { Seen } from "../session/seen.js";
import { Telemetry } from "../session/telemetry.js";
import { authoritiesRecord } from "../settings/authorities.js";
import { claimRecord } from "../settings/claim.js";
import { preferencesRecord } from "../settings/preferences.js";
import { settingsRecord } from "../settings/settings.js";
import { tokenRecord } from "../settings/token.js";
import { createStore } from "../storage/adapter.js";
import { system } from "../system/adapter.js";
import { readConfig } from "../system/config-adapter.js";
import { serveUdp } from "../udp/adapter.js";
import { createFirmware, type FirmwareBuild } from "../update/adapter.js";
import { createUpdates } from "../update/updates.js";
import { WiFiAdapter } from "../wifi/adapter.js";

/** Starts the agent of a board; it runs until the board restarts. To be called once. */
export function startAgent(application: Application = {}): Agent {
  const clock = createClock();
  const calendar = createCalendar(clock, Math.random, config as unknown as TimeSources);
  const store = createStore("agent");
  const factory = createStore("factory");
  const authorities = authoritiesRecord(store);
  const trusted = () => authorities.read() ?? [];
  const preferences = preferencesRecord(store);
  const identity = createIdentity(factory, store, Math.random);
  const built = { ...(readConfig() as Build & FirmwareBuild), ...identity.product };
  const firmware = createFirmware(built);
  const build: Build = { ...built, firmwareVersion: firmware.boot.version(built.firmwareVersion) };
  const log = createLog((line) => trace(line, "\n"));
  const outbox = new Outbox({ clock, store: createStore("outbox"), note: (text) => log.note(text) });
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
      ...{ clock, calendar, log, system, store, preferences, build },
      random: Math.random,
      firmware,
      stream: createHttpStream(clock, calendar, trusted),
      busy: () => application.busy?.(),
    }),
    store,
    settings: settingsRecord(store),
    claim: claimRecord(store),
    token: tokenRecord(store),
    authorities,
    preferences,
    journal: new Journal(store),
    keystore: createKeystore(store, factory),
    sales: saleRecord(store),
    enrolments: enrolmentRecord(store),
    pauses: new Pauses(clock),
    outbox,
    seen: new Seen(store),
    telemetry: new Telemetry(),
    connections: { count: 0 },
    application,
    build,
  };
  void runLifecycle(device);
  return { publish: publisher(device) };
}
