/** A mosquitto of the test's own, on loopback: passwords, an ACL, TCP and TLS. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "vitest";
import { type Identity, keyPem, pem } from "../../mocks/certificates.js";
import { freePort } from "../../mocks/device/ports.js";

const path = [process.env.MOSQUITTO ?? [], "/usr/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"]
  .flat()
  .find(existsSync);
if (!path) console.error("\n*** LEFT OUT: tests against mosquitto. There is none (apt-get install mosquitto). ***\n");
/** Where there is no mosquitto the tests are left out; with CI=true they fail. */
export const mosquittoTest = test.skipIf(!path && !process.env.CI);

export const PASSWORD = "pass-word";
/** `user` may use three topics, `server` all, and everybody those of the own name. */
const ACL = `
user server
topic readwrite #
user user
topic readwrite devices/d/control
topic readwrite devices/d/data
topic readwrite devices/d/status
pattern readwrite devices/%u/#
`;

interface Parts {
  /** Lines for both listeners. */
  readonly listener?: readonly string[];
  /** Its plugin decides in the place of the files: the files let everybody subscribe, and deliver nothing then. */
  readonly refusesTopics?: boolean;
  /** Over TLS only those are let in whose certificate it has signed; the common name is the user's. */
  readonly clientAuthority?: Identity;
}

function plugin(): string {
  const name = "mosquitto_dynamic_security.so";
  const folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", join(path!, "../../lib")];
  const found = folders.map((folder) => join(folder, name)).find(existsSync);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

/** `user` may subscribe to devices/d/control alone. */
function dynamicSecurity(): object {
  const salt = randomBytes(12);
  const iterations = 101;
  const password = pbkdf2Sync(PASSWORD, salt, iterations, 64, "sha512").toString("base64");
  const acl = { acltype: "subscribeLiteral", topic: "devices/d/control", priority: 0, allow: true };
  const access = { publishClientSend: true, publishClientReceive: true, subscribe: false, unsubscribe: true };
  return {
    defaultACLAccess: access,
    clients: [
      { username: "user", password, salt: salt.toString("base64"), iterations, roles: [{ rolename: "device" }] },
    ],
    roles: [{ rolename: "device", acls: [acl] }],
  };
}

export class Mosquitto {
  readonly port: number;
  readonly tlsPort: number;
  #folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, tlsPort: number) {
    this.#folder = folder;
    this.port = port;
    this.tlsPort = tlsPort;
  }

  /** @param chain of its certificate, its own first */
  static async open(
    chain: readonly Identity[],
    { listener = [], refusesTopics = false, clientAuthority }: Parts = {},
  ): Promise<Mosquitto> {
    if (!path) throw new Error("there is no mosquitto (apt-get install mosquitto)");
    const folder = mkdtempSync("/tmp/esp32-online-mosquitto-");
    const [port, tlsPort] = [await freePort("tcp"), await freePort("tcp")];
    const file = (name: string, content: string) => {
      writeFileSync(join(folder, name), content, { mode: 0o600 });
      return join(folder, name);
    };
    const passwords = file("passwords", `user:${PASSWORD}\nserver:${PASSWORD}\n`);
    const passwd = join(path, "../../bin/mosquitto_passwd");
    if (spawnSync(passwd, ["-U", passwords]).status !== 0) throw new Error("mosquitto_passwd failed");
    chmodSync(folder, 0o700);
    file(
      "mosquitto.conf",
      [
        // Else it gives up root for a user who cannot read this folder.
        `user ${userInfo().username}`,
        "allow_anonymous false",
        ...(refusesTopics
          ? [`plugin ${plugin()}`, `plugin_opt_config_file ${file("dynamic.json", JSON.stringify(dynamicSecurity()))}`]
          : [`password_file ${passwords}`, `acl_file ${file("acl", ACL)}`]),
        "persistence true",
        `persistence_location ${folder}/`,
        `listener ${port} 127.0.0.1`,
        ...listener,
        `listener ${tlsPort} 127.0.0.1`,
        `certfile ${file("server.pem", pem(...chain))}`,
        `keyfile ${file("server.key", keyPem(chain[0]!))}`,
        ...(clientAuthority
          ? [
              `cafile ${file("clients.pem", pem(clientAuthority))}`,
              "require_certificate true",
              "use_identity_as_username true",
            ]
          : []),
        ...listener,
      ].join("\n"),
    );
    const mosquitto = new Mosquitto(folder, port, tlsPort);
    await mosquitto.start();
    open.push(mosquitto);
    return mosquitto;
  }

  async start(): Promise<void> {
    const process = spawn(path!, ["-c", join(this.#folder, "mosquitto.conf")], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    process.stderr?.on("data", (bytes) => {
      said += bytes;
    });
    this.#process = process;
    const endMs = Date.now() + 40_000;
    while (!(await isListening(this.tlsPort))) {
      if (process.exitCode !== null || Date.now() > endMs) throw new Error(`mosquitto does not start: ${said}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  /** It keeps what is persistent. */
  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (!process || process.exitCode !== null) return;
    const ended = new Promise((done) => process.once("exit", done));
    process.kill();
    await ended;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const open: Mosquitto[] = [];
afterEach(async () => {
  for (const mosquitto of open.splice(0)) await mosquitto.close();
});

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
