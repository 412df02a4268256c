/**
 * Who is at the board's cable with a client of Improv gives what a person gives on the page, and it goes through the same
 * trial (softap/setup.ts). Until somebody asks nothing is told and nothing is built.
 */

import type { Failure } from "../../modules/base/failure.js";
import type { Cable } from "../../modules/console/console.js";
import {
  COMMAND,
  ERROR,
  type ErrorCode,
  errorFrame,
  parseRequest,
  parseWiFi,
  type Request,
  resultFrame,
  STATE,
  type State,
  stateFrame,
  textOf,
} from "../../modules/console/improv.js";
import { formatAddress, parseAddress } from "../../modules/data/address.js";
import { accessPointName } from "../../modules/identity/identity.js";
import { AUTOMATIC } from "../../modules/settings/settings.js";
import { MAX_LISTED } from "../../modules/wifi/scan.js";
import type { Portal } from "../../softap/portal.js";
import { submit } from "../../softap/routes.js";
import type { Setup } from "../../softap/setup.js";
import type { Device } from "../device/device.js";
import { askForPortal } from "./asked.js";

/** A person does not see it; the longest frame is in the port's buffer by then. */
const LOOK_MS = 100;
/** Of the chip that this firmware is for, as the field's tools write it. */
const CHIP = "ESP32-S3";

export class Improv {
  /** The one that is open. */
  portal: Portal | undefined;
  /** The portal is about to open, or the board to restart: whoever asks is answered then. */
  isDeaf = false;
  private device: Device;
  private cable: Cable;
  /** Restarts the board. */
  private restart: (why: "cable") => void;
  /** Undefined until somebody has asked: what comes unasked is no line for a person. */
  private told: State | undefined;
  /** The command whose answer takes a while. */
  private asked: number | undefined;
  /** That settings go to from now on. */
  private address: string | undefined;

  constructor(device: Device, cable: Cable, restart: (why: "cable") => void) {
    this.device = device;
    this.cable = cable;
    this.restart = restart;
    device.clock.every(LOOK_MS, Improv.look, this);
  }

  private static look(improv: Improv): void {
    if (improv.isDeaf) return;
    const data = improv.cable.request();
    if (data) improv.hear(data);
    if (improv.told === undefined) return;
    if (improv.state !== improv.told) improv.tellState();
    if (improv.asked !== undefined) improv.tellOutcome();
  }

  private hear(data: Uint8Array): void {
    this.told ??= this.state;
    this.portal?.visited();
    const request = parseRequest(data);
    const error = request ? this.obey(request) : ERROR.invalid;
    if (error !== undefined) this.refuse(error);
  }

  /** @returns what is wrong with the request */
  private obey({ command, data }: Request): ErrorCode | undefined {
    switch (command) {
      case COMMAND.wifi:
        return this.tryWiFi(data);
      case COMMAND.state:
        this.tellState();
        if (this.told === STATE.provisioned) this.answer(command, this.urls);
        return undefined;
      case COMMAND.info:
        this.answer(command, this.info);
        return undefined;
      case COMMAND.scan:
        this.scan();
        return undefined;
      case COMMAND.address:
        return this.setAddress(data);
      default:
        return ERROR.unknownCommand;
    }
  }

  private get state(): State {
    const phase = this.portal?.setup.status.phase;
    if (phase === "trying") return STATE.provisioning;
    const isDone = phase ? phase === "activating" || phase === "done" : this.device.wifi.joined;
    return isDone ? STATE.provisioned : STATE.ready;
  }

  /** Where a person goes on: to the activation, else to the device's page. There is none where the portal is closed. */
  private get urls(): string[] {
    if (!this.portal) return [];
    const { status } = this.portal.setup;
    const url = status.phase === "activating" ? status.shown.url : undefined;
    return [url ?? this.portal.url];
  }

  private get info(): string[] {
    const { build, identity } = this.device;
    return [build.productId, build.firmwareVersion, CHIP, build.hostName || accessPointName(identity.mac)];
  }

  private tryWiFi(data: Uint8Array): ErrorCode {
    const wifi = parseWiFi(data);
    if (!wifi) return ERROR.invalid;
    const { portal } = this;
    if (!portal) return this.wantPortal();
    const errors = submit(portal, { ...wifi, ...this.targetOf(portal) }, "", languageOf(portal));
    if (errors) return errors.ssid || errors.password ? ERROR.invalid : ERROR.address;
    // Nor with what somebody has handed over on the page.
    portal.setup.certificates.drop();
    this.asked = COMMAND.wifi;
    return ERROR.none;
  }

  private targetOf({ setup, defaultUrl, urlLocked }: Portal): { url: string; protocol: string } {
    const given = urlLocked ? defaultUrl : this.address;
    if (given !== undefined) return { url: given, protocol: AUTOMATIC };
    // Not what somebody has tried on the page: who is at the cable does not see it.
    const { url, protocol } = setup.stored ?? { url: defaultUrl, protocol: AUTOMATIC };
    return { url, protocol };
  }

  private setAddress(data: Uint8Array): ErrorCode | undefined {
    const { portal } = this;
    if (!portal) return this.wantPortal();
    const text = textOf(data);
    const address = text === undefined || portal.urlLocked ? undefined : parseAddress(text);
    if (!address) return ERROR.address;
    this.address = formatAddress(address);
    this.answer(COMMAND.address, [this.address]);
    return undefined;
  }

  /** Who is at the cable is at the board: as by its button. */
  private wantPortal(): ErrorCode {
    askForPortal(this.device.store, "cable");
    this.restart("cable");
    return ERROR.portal;
  }

  private scan(): void {
    const { portal } = this;
    portal?.setup.scan();
    if (portal?.setup.scanning) this.asked = COMMAND.scan;
    else this.tellNetworks();
  }

  private tellNetworks(): void {
    for (const { ssid, rssi, secured } of this.device.wifi.lastFound.slice(0, MAX_LISTED))
      this.answer(COMMAND.scan, [ssid, String(rssi), secured ? "YES" : "NO"]);
    this.answer(COMMAND.scan, []);
  }

  private tellState(): void {
    this.told = this.state;
    this.cable.send(stateFrame(this.told));
  }

  /** Of what takes a while, once it is there. */
  private tellOutcome(): void {
    const setup = this.portal?.setup;
    if (setup?.scanning || setup?.status.phase === "trying") return;
    const { asked } = this;
    this.asked = undefined;
    if (asked === COMMAND.scan) this.tellNetworks();
    else this.tellTrial(setup);
  }

  private tellTrial(setup: Setup | undefined): void {
    // As on the page, what is seen to work is kept.
    setup?.seen();
    const status = setup?.status;
    if (status?.phase === "activating" || status?.phase === "done") this.answer(COMMAND.wifi, this.urls);
    else this.refuse(status?.phase === "failed" ? codeOf(status.failure) : ERROR.unknown);
  }

  private answer(command: number, texts: readonly string[]): void {
    this.cable.send(resultFrame(command, texts));
  }

  private refuse(error: ErrorCode): void {
    this.cable.send(errorFrame(error));
  }
}

/** No page was used now: as before. */
function languageOf({ setup }: Portal): string | undefined {
  return (setup.candidate ?? setup.stored)?.language;
}

/** The console has the reason itself, in words. */
function codeOf({ reason }: Failure): ErrorCode {
  if (reason.startsWith("wifi-")) return ERROR.wifi;
  if (reason.startsWith("broker-") || reason === "topic-refused") return ERROR.broker;
  switch (reason) {
    case "no-internet":
    case "name-unknown":
    case "unreachable":
      return ERROR.internet;
    case "storage-full":
    case "no-memory":
    case "internal":
      return ERROR.unknown;
    default:
      return ERROR.service;
  }
}
