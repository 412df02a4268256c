/** Composition root: makes the ports out of the SDK's modules and starts the lifecycle. */
import config from "mc/config";
import { Console } from "../modules/base/log.js";
import { createButton } from "../modules/button/adapter.js";
import { SystemClock } from "../modules/clock/adapter.js";
import { Pauses } from "../modules/clock/pauses.js";
import { createCalendar, type TimeSources } from "../modules/clock/sntp-adapter.js";
import { openCable } from "../modules/console/adapter.js";
import { NameBudget } from "../modules/data/names.js";
import { createHttpClient } from "../modules/http/client-adapter.js";
import { createHttpServer } from "../modules/http/server-adapter.js";
import { createHttpStream } from "../modules/http/stream-adapter.js";
import { BoardIdentity } from "../modules/identity/adapter.js";
import { accessPointName } from "../modules/identity/identity.js";
import { nativeKeys } from "../modules/identity/keys-adapter.js";
import { NvsKeystore } from "../modules/identity/keystore.js";
import { createMqtt } from "../modules/mqtt/adapter.js";
import { AUTHORITIES } from "../modules/settings/authorities.js";
import { resolveName } from "../modules/socket/resolver-adapter.js";
import { serveUdp } from "../modules/socket/udp-adapter.js";
import { NvsStore } from "../modules/storage/adapter.js";
import { system } from "../modules/system/adapter.js";
import { readConfig } from "../modules/system/config-adapter.js";
import { type FirmwareBuild, FlashFirmware } from "../modules/update/adapter.js";
import { Updater } from "../modules/update/updates.js";
import { WiFiAdapter } from "../modules/wifi/adapter.js";
import { Silence } from "../modules/wifi/silence.js";
import { Journal } from "../provisioning/journal.js";
import type { Agent, Application } from "./application/application.js";
import type { Build, Device } from "./device/device.js";
import { Lifecycle } from "./lifecycle/lifecycle.js";
import { Session } from "./session/session.js";

class SystemConsole extends Console {
  protected override remember(event: string): void {
    system.note(event);
  }
}

/** Starts the agent of a board; it runs until the board restarts. To be called once. */
export function startAgent(application: Application = {}): Agent {
  const built = readConfig() as Build & FirmwareBuild;
  const cable = built.console ? openCable() : undefined;
  const clock = new SystemClock();
  const calendar = createCalendar(clock, Math.random, config as unknown as TimeSources);
  const store = new NvsStore("agent");
  const factory = new NvsStore("factory");
  const trusted = () => AUTHORITIES.read(store) ?? [];
  const identity = new BoardIdentity(factory, store, Math.random, built.accessPointOpen);
  const firmware = new FlashFirmware(built);
  // Over the build's words, which stand in flash: a copy of them would take a slot for each.
  const firmwareVersion = firmware.boot.version(built.firmwareVersion);
  const build = { __proto__: built, ...identity.product, firmwareVersion } as unknown as Build;
  const userAgent = `${build.productId}/${firmwareVersion}`;
  const log = new SystemConsole();
  const ports = {
    clock,
    calendar,
    random: Math.random,
    log,
    system,
    wifi: new WiFiAdapter(clock, built.hostName || accessPointName(identity.mac)),
    silence: new Silence(clock),
    button: createButton(clock),
    cable,
    display: application.display,
    resolve: resolveName,
    http: createHttpClient(clock, calendar, trusted, userAgent),
    serveHttp: createHttpServer(clock),
    serveUdp,
    mqtt: createMqtt(clock, calendar, trusted),
    identity,
    firmware,
    stream: createHttpStream(clock, calendar, trusted, userAgent),
    store,
    journal: new Journal(store),
    keystore: new NvsKeystore(store, factory),
    keys: nativeKeys,
    names: new NameBudget(),
    pauses: new Pauses(clock),
    application,
    build,
  };
  const device: Device = Object.assign(ports, { updates: new Updater(ports) });
  const session = new Session(device, new NvsStore("outbox"));
  new Lifecycle(session).begin();
  return session;
}
