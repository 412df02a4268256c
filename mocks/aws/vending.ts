import type { Account } from "./account.js";
import type { Issued, KeyPairPem } from "./authority.js";
import type { Dialect } from "./events.js";
import { type AwsContext, arn } from "./options.js";

/** A device that a vending machine knows. */
export interface VendingDevice {
  readonly dialect: Dialect;
  readonly serial: string;
  readonly token: string;
  /** iot-atlas: `is_enabled`; cncoder: `applyState`. Default true. */
  readonly isEnabled?: boolean;
  /** cncoder: the thing and the policy that its table names. Default: the serial, and `iot:*`. */
  readonly thing?: string;
  readonly policy?: string;
}

/** What is answered; null: nothing ever. */
export interface VendingAnswer {
  readonly status: number;
  readonly type: "application/json" | "text/plain" | "text/html; charset=utf-8";
  readonly body: string;
}

interface Entry extends VendingDevice {
  certificateId: string | null;
}

const ANYTHING = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }] };

/** Sells certificates to devices that know their token. What it issues is active at once. */
export class Vending {
  readonly #context: AwsContext;
  readonly #account: Account;
  readonly #devices = new Map<string, Entry>();

  constructor(context: AwsContext, account: Account) {
    this.#context = context;
    this.#account = account;
  }

  add(device: VendingDevice): void {
    this.#devices.set(`${device.dialect} ${device.serial}`, { ...device, certificateId: null });
  }

  /** `GET /Prod/getcert`. A repeat deletes the certificate that was issued before. */
  async awslabs(fields: Readonly<Record<string, string>>): Promise<VendingAnswer> {
    const { serialNumber, deviceToken } = fields;
    if (!serialNumber || !deviceToken) return awslabsError("Bad Request");
    const device = this.#devices.get(`awslabs ${serialNumber}`);
    if (!device || device.token !== deviceToken) return awslabsError("Access Denied");
    if (device.certificateId !== null) this.#account.delete(device.certificateId);
    const issued = await this.#issue(device, serialNumber, serialNumber);
    const body = { ...this.#members(issued), RootCA: this.#rootPem() };
    return { status: 200, type: "application/json", body: JSON.stringify(body, null, "\t") };
  }

  /** `POST /registration`. One answer for each device, and never again. The status of HTTP is always 200. */
  async iotAtlas(fields: Readonly<Record<string, unknown>>): Promise<VendingAnswer> {
    const { device_uid: uid, device_token: token } = fields;
    if (typeof uid !== "string" || typeof token !== "string") return iotAtlasError(500, "Missing input data");
    const device = this.#devices.get(`iot-atlas ${uid}`);
    if (!device) return iotAtlasError(404, "Device not found");
    if (device.certificateId !== null) return iotAtlasError(500, "Device is already registered");
    if (device.isEnabled === false) return iotAtlasError(500, "Device isn't enabled");
    if (device.token !== token) return iotAtlasError(500, "Device token is not valid");
    const { pem, publicKey, privateKey } = await this.#issue(device, uid, "cvm");
    const payload = {
      endpoint: this.#context.endpoint,
      thing_name: uid,
      certificates: { device_certificate: pem, root_ca: this.#rootPem() },
      keyPair: { publicKey, privateKey },
    };
    return iotAtlasAnswer({ statusCode: 200, status: "SUCCESS", payload });
  }

  /** `POST /` with a form. Whoever is not let in is never answered; a repeat brings one more certificate. */
  async cncoder(fields: Readonly<Record<string, string>>): Promise<VendingAnswer | null> {
    const { seriaNum, accessToken } = fields;
    // As the server spells it.
    if (!seriaNum) return { status: 200, type: "text/html; charset=utf-8", body: "Invalid requset!" };
    const device = this.#devices.get(`cncoder ${seriaNum}`);
    if (!device || device.isEnabled === false || device.token !== accessToken) return null;
    const issued = await this.#issue(device, device.thing ?? seriaNum, device.policy ?? "cvm");
    const body = { rootCA: this.#rootPem(), conCheck: "20020", certdata: this.#members(issued) };
    return { status: 200, type: "application/json", body: JSON.stringify(body) };
  }

  async #issue(device: Entry, thing: string, policy: string): Promise<Issued & KeyPairPem> {
    const issued = await this.#account.authority.issue(this.#context.now());
    if (!this.#account.policies.has(policy)) this.#account.putPolicy(policy, ANYTHING);
    this.#account.thing(thing);
    this.#account.add(issued, "vending", { thing, policies: new Set([policy]) });
    device.certificateId = issued.id;
    const { dialect, serial } = device;
    this.#context.emit({ type: "vended", dialect, serial, certificateId: issued.id });
    return issued;
  }

  /** What the AWS SDK's createKeysAndCertificate returns. */
  #members({ id, pem, publicKey, privateKey }: Issued & KeyPairPem): object {
    return {
      certificateArn: arn(this.#context, "cert", id),
      certificateId: id,
      certificatePem: pem,
      keyPair: { PublicKey: publicKey, PrivateKey: privateKey },
    };
  }

  #rootPem(): string {
    return this.#account.authority.rootPem;
  }
}

const awslabsError = (body: string): VendingAnswer => ({ status: 500, type: "text/plain", body });

const iotAtlasError = (statusCode: number, message: string): VendingAnswer =>
  iotAtlasAnswer({ statusCode, status: "ERROR", payload: { message } });

const iotAtlasAnswer = (body: object): VendingAnswer => ({
  status: 200,
  type: "application/json",
  body: JSON.stringify(body),
});
