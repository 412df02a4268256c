import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { standInForIdf } from "../tools/idf.js";
import { parsePartitions, readPartitions } from "../tools/partitions.js";
import { findSdk, ROOT, run, writeManifest } from "../tools/sdk.js";

const ON = [
  "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE",
  "CONFIG_ESPTOOLPY_FLASHSIZE_8MB",
  "CONFIG_ESP_INT_WDT",
  "CONFIG_ESP_INT_WDT_CHECK_CPU1",
  "CONFIG_ESP_SYSTEM_PANIC_PRINT_REBOOT",
  "CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU0",
  "CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU1",
  "CONFIG_ESP_TASK_WDT_EN",
  "CONFIG_ESP_TASK_WDT_INIT",
  "CONFIG_ESP_TASK_WDT_PANIC",
  "CONFIG_LWIP_DHCP_GET_NTP_SRV",
  "CONFIG_LWIP_DNS_SUPPORT_MDNS_QUERIES",
  "CONFIG_MBEDTLS_DYNAMIC_BUFFER",
  "CONFIG_MBEDTLS_HAVE_TIME_DATE",
  "CONFIG_MBEDTLS_SHA1_C",
  "CONFIG_MBEDTLS_TLS_CLIENT_ONLY",
  "CONFIG_MBEDTLS_X509_CREATE_C",
];
/** Of each choice one is on: these are the others. */
const OFF = [
  "CONFIG_ESPTOOLPY_FLASHSIZE_4MB",
  "CONFIG_ESP_SYSTEM_PANIC_GDBSTUB",
  "CONFIG_ESP_SYSTEM_PANIC_PRINT_HALT",
  "CONFIG_ESP_SYSTEM_PANIC_SILENT_REBOOT",
  "CONFIG_MBEDTLS_CERTIFICATE_BUNDLE",
  "CONFIG_MBEDTLS_PEM_PARSE_C",
  "CONFIG_MBEDTLS_PEM_WRITE_C",
  "CONFIG_MBEDTLS_SELF_TEST",
  "CONFIG_MBEDTLS_SSL_KEEP_PEER_CERTIFICATE",
  "CONFIG_MBEDTLS_SSL_PROTO_TLS1_3",
  "CONFIG_MBEDTLS_SSL_RENEGOTIATION",
  "CONFIG_MBEDTLS_TLS_SERVER_AND_CLIENT",
  "CONFIG_MBEDTLS_X509_CRL_PARSE_C",
];

/** As Kconfig reads it: what stands later wins, and `# … is not set` is `n`. */
function parse(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, off] = /^# (CONFIG_\w+) is not set$/.exec(line) ?? [];
    const [, name, value] = /^(CONFIG_\w+)=(.*)$/.exec(line) ?? [];
    if (off) found.set(off, "n");
    else if (name) found.set(name, value!);
  }
  return found;
}

function expectAgentsNeeds(config: Map<string, string>): void {
  expect(ON.filter((name) => config.get(name) !== "y")).toEqual([]);
  // mcconfig writes an empty value where the SDK's own is taken back: Kconfig leaves that to its choice.
  expect(OFF.filter((name) => !["n", ""].includes(config.get(name) ?? "missing"))).toEqual([]);
  const interruptMs = Number(config.get("CONFIG_ESP_INT_WDT_TIMEOUT_MS"));
  expect(interruptMs).toBeGreaterThanOrEqual(300);
  expect(interruptMs).toBeLessThanOrEqual(1000);
  // modules/clock/dhcp-adapter.ts asks for as many.
  expect(config.get("CONFIG_LWIP_DHCP_MAX_NTP_SERVERS")).toBe("2");
  expect(config.get("CONFIG_LWIP_SNTP_MAX_SERVERS")).toBe("2");
  // Over what one turn of XS may take; and 60 s are Kconfig's end.
  const taskSeconds = Number(config.get("CONFIG_ESP_TASK_WDT_TIMEOUT_S"));
  expect(taskSeconds).toBeGreaterThanOrEqual(10);
  expect(taskSeconds).toBeLessThanOrEqual(60);
}

test("the project's sdkconfig: a panic restarts, both watchdogs bite, a bad image is taken back, mDNS and time servers, Mbed TLS", () => {
  expectAgentsNeeds(parse(readFileSync(join(ROOT, "modules/system/esp32/sdkconfig.defaults"), "utf8")));
});

// The SDK's own merge, not a copy of it: mcconfig writes what ESP-IDF is configured with, and needs no ESP-IDF for that.
describe.skipIf(!process.env.MODDABLE)("what mcconfig merges for ESP-IDF", () => {
  test.each([
    ["debug", ["-d"]],
    ["release", []],
  ])("in a %s build", { timeout: 120_000 }, async (build, flags) => {
    const output = join(ROOT, "build", "sdkconfig", build);
    mkdirSync(output, { recursive: true });
    const env = { ...findSdk().env, IDF_PATH: standInForIdf(output) };
    const cwd = writeManifest({ name: "sdkconfig" });
    await run("mcconfig", [...flags, "-p", "esp32/esp32s3", "-t", "build", "-o", output], { cwd, env });
    const files = readdirSync(output, { recursive: true, encoding: "utf8" });
    const written = (file: string) => {
      const path = files.find((name) => name.includes(`/${build}/`) && name.endsWith(`/${file}`));
      return readFileSync(join(output, path!), "utf8");
    };
    expectAgentsNeeds(parse(written("sdkconfig.mc")));
    // It may divide partitions for what a manifest asks for: these are left as they are.
    expect(parsePartitions(written("partitions.csv"))).toEqual(readPartitions());
    // The agent's sockets stand in the place of the SDK's.
    const makefile = written("makefile");
    expect(makefile).toContain("modules/socket/esp32/agent_tcp.c");
    expect(makefile).not.toMatch(/io\/socket\/lwip\/(?:listener|tcp)\./);
  });
});
