/** The cloud as whoever operates it has it, by its pages or by the admin API. */
import type { Dialect } from "./dialects.js";
import type { Faults } from "./faults.js";
import type { FirmwareFiles } from "./firmware-files.js";
import type { CodeVerdict } from "./registry.js";
import type { FirmwareOffer, KnownDevice } from "./settings.js";
import type { CloudState, DeviceAction } from "./state.js";
import type { CloudSettings } from "./switches.js";
import type { MessageListener } from "./traffic.js";

export interface Operated {
  readonly settings: Readonly<CloudSettings>;
  readonly faults: Faults;
  readonly files: FirmwareFiles;
  readonly url: string;
  state(): CloudState;
  speak(dialect: Dialect): void;
  change(changes: Partial<CloudSettings>): void;
  startBroker(): Promise<void>;
  stopBroker(): Promise<void>;
  offerFirmware(offer: FirmwareOffer | null): void;
  addDevice(device: KnownDevice): void;
  enterCode(code: string): CodeVerdict;
  act(mac: string, action: DeviceAction): Promise<boolean>;
  disable(mac: string): Promise<boolean>;
  enable(mac: string): boolean;
  forget(mac: string): Promise<boolean>;
  revoke(mac: string): boolean;
  kick(mac: string): Promise<boolean>;
  onMessage(listener: MessageListener): () => void;
  sendControl(mac: string, message: unknown): Promise<boolean>;
}
