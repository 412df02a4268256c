/**
 * ESP-IDF's configuration. mcconfig knows one folder of it beside the SDK's base, and the board's own or the agent's is
 * lost where both name one: so the build merges them into one file, with what it alone knows.
 */

/** Values by names, as they are written: `y`, `n`, a number, a text in quotes. */
export type Sdkconfig = ReadonlyMap<string, string>;

/** As Kconfig reads it: what stands later wins, and `# … is not set` is `n`. */
export function parseSdkconfig(...texts: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of texts.join("\n").split("\n")) {
    const [, off] = /^# (CONFIG_\w+) is not set\s*$/.exec(line) ?? [];
    const [, name, value] = /^(CONFIG_\w+)=(.*?)\s*$/.exec(line) ?? [];
    if (off) found.set(off, "n");
    else if (name) found.set(name, value!);
  }
  return found;
}

export function formatSdkconfig(config: Sdkconfig): string {
  return [...config].map(([name, value]) => `${name}=${value}\n`).join("");
}

const FLASH_SIZES_MEGABYTES = [1, 2, 4, 8, 16, 32, 64, 128];

/** What the build says itself: the image's version, and the board's flash, of which one size can be chosen. */
export function buildsOwn(firmwareVersion: string, flashMegabytes: number): string {
  const sizes = FLASH_SIZES_MEGABYTES.map(
    (size) => `CONFIG_ESPTOOLPY_FLASHSIZE_${size}MB=${size === flashMegabytes ? "y" : "n"}\n`,
  );
  return `${sizes.join("")}CONFIG_APP_PROJECT_VER_FROM_CONFIG=y\nCONFIG_APP_PROJECT_VER="${firmwareVersion}"\n`;
}

const ON = [
  "CONFIG_APP_PROJECT_VER_FROM_CONFIG",
  "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE",
  "CONFIG_ESP_BROWNOUT_DET",
  "CONFIG_ESP_COREDUMP_ENABLE_TO_NONE",
  "CONFIG_ESP_INT_WDT",
  "CONFIG_ESP_INT_WDT_CHECK_CPU1",
  "CONFIG_ESP_SYSTEM_PANIC_PRINT_REBOOT",
  "CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU0",
  "CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU1",
  "CONFIG_ESP_TASK_WDT_EN",
  "CONFIG_ESP_TASK_WDT_INIT",
  "CONFIG_ESP_TASK_WDT_PANIC",
  "CONFIG_LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP",
  "CONFIG_LWIP_DHCP_GET_NTP_SRV",
  "CONFIG_LWIP_DHCP_RESTORE_LAST_IP",
  "CONFIG_LWIP_DNS_SUPPORT_MDNS_QUERIES",
  "CONFIG_MBEDTLS_DYNAMIC_BUFFER",
  "CONFIG_MBEDTLS_HAVE_TIME_DATE",
  "CONFIG_MBEDTLS_SHA1_C",
  "CONFIG_MBEDTLS_TLS_CLIENT_ONLY",
  "CONFIG_MBEDTLS_X509_CREATE_C",
  "CONFIG_PARTITION_TABLE_CUSTOM",
];
/** Of each choice one is on: these are the others. */
const OFF = [
  "CONFIG_ESP_COREDUMP_ENABLE_TO_UART",
  "CONFIG_ESP_SYSTEM_PANIC_GDBSTUB",
  "CONFIG_ESP_SYSTEM_PANIC_PRINT_HALT",
  "CONFIG_ESP_SYSTEM_PANIC_SILENT_REBOOT",
  "CONFIG_LWIP_DHCP_DOES_ARP_CHECK",
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
const BOUNDS: readonly (readonly [name: string, least: number, most: number])[] = [
  // ESP-IDF's own 300 ms are the longest that its drivers need.
  ["CONFIG_ESP_INT_WDT_TIMEOUT_MS", 300, 1000],
  // Over what one turn of XS may take; and 60 s are Kconfig's end.
  ["CONFIG_ESP_TASK_WDT_TIMEOUT_S", 10, 60],
  // docs/chip.md counts them; a product may have more.
  ["CONFIG_LWIP_MAX_ACTIVE_TCP", 14, 1024],
  ["CONFIG_LWIP_MAX_LISTENING_TCP", 1, 1024],
  ["CONFIG_LWIP_MAX_UDP_PCBS", 5, 1024],
  ["CONFIG_LWIP_TCP_MSL", 1_000, 10_000],
  // NVS is read and written there (CONFIG_LWIP_DHCP_RESTORE_LAST_IP).
  ["CONFIG_LWIP_TCPIP_TASK_STACK_SIZE", 4_096, 10_000],
  ["CONFIG_LWIP_IPV6_DUP_DETECT_ATTEMPTS", 0, 0],
  // modules/clock/dhcp-adapter.ts asks for as many.
  ["CONFIG_LWIP_DHCP_MAX_NTP_SERVERS", 2, 2],
  ["CONFIG_LWIP_SNTP_MAX_SERVERS", 2, 2],
];

/**
 * @param isResolved Kconfig's own output, which leaves out what cannot be chosen; else what it is given, where it chooses
 *   for what is left out
 * @returns a line for each thing that the agent relies on and the configuration has otherwise
 */
export function unmetNeeds(config: Sdkconfig, isResolved = false): string[] {
  // mcconfig writes an empty value where the SDK's own is taken back: Kconfig leaves that to its choice.
  const isOff = (value = isResolved ? "n" : undefined) => value === "n" || value === "";
  return [
    ...ON.filter((name) => config.get(name) !== "y").map((name) => `${name} has to be y`),
    ...OFF.filter((name) => !isOff(config.get(name))).map((name) => `${name} has to be n`),
    ...BOUNDS.filter(([name, least, most]) => {
      if (name.startsWith("CONFIG_LWIP_IPV6_") && config.get("CONFIG_LWIP_IPV6") === "n") return false;
      const value = Number(config.get(name));
      return !(value >= least && value <= most);
    }).map(([name, least, most]) => `${name} has to be ${least === most ? least : `from ${least} to ${most}`}`),
  ];
}

/** @returns undefined where not exactly one size is chosen */
export function flashMegabytesOf(config: Sdkconfig): number | undefined {
  const chosen = FLASH_SIZES_MEGABYTES.filter((size) => config.get(`CONFIG_ESPTOOLPY_FLASHSIZE_${size}MB`) === "y");
  return chosen.length === 1 ? chosen[0] : undefined;
}
