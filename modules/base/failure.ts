/**
 * What can go wrong, as values. Every failure has a reason with a name, a sentence that tells a person what to do,
 * and a patience: how soon it makes sense to try the same thing again.
 */

/** How soon to try again: after seconds, after growing pauses, or once a day because only a person can change it. */
export type Patience = "soon" | "slowly" | "daily";

interface Meaning {
  readonly patience: Patience;
  readonly advice: string;
}

const meanings = {
  // Wi-Fi
  "wifi-password": { patience: "soon", advice: "The Wi-Fi password is wrong." },
  "wifi-refused": {
    patience: "soon",
    advice:
      "The Wi-Fi network turned the device away several times. Try again in a minute, and see in the router whether it lets new devices in.",
  },
  "wifi-not-found": {
    patience: "soon",
    advice: "The Wi-Fi network is not in range. Check its name and the distance; the device needs 2.4 GHz.",
  },
  "wifi-5ghz": {
    patience: "soon",
    advice: "This seems to be a 5 GHz network, which the device cannot receive. Choose the router's 2.4 GHz network.",
  },
  "wifi-no-address": { patience: "soon", advice: "The Wi-Fi router gave no address. Restart the router." },
  "wifi-lost": { patience: "soon", advice: "The Wi-Fi connection was lost." },
  "no-internet": {
    patience: "soon",
    advice: "The Wi-Fi works, but it has no internet. Check the router's connection.",
  },
  // Any service
  "name-unknown": { patience: "soon", advice: "The server's name is not known. Check the address." },
  unreachable: {
    patience: "soon",
    advice: "The server cannot be reached. Check the address and the internet connection.",
  },
  timeout: { patience: "soon", advice: "The server did not answer in time." },
  "connection-lost": { patience: "soon", advice: "The connection to the server broke." },
  "tls-untrusted": { patience: "slowly", advice: "The server's TLS certificate is not trusted." },
  "tls-expired": { patience: "slowly", advice: "The server's TLS certificate is not valid at this time." },
  "tls-name": { patience: "slowly", advice: "The server's TLS certificate is for another name." },
  "tls-certificate-wanted": {
    patience: "slowly",
    advice:
      "The server wants a certificate of the device. It has none for this address: give it one, or check the address.",
  },
  "tls-certificate-refused": {
    patience: "slowly",
    advice: "The server refuses the device's certificate. See there whether it is registered and active.",
  },
  "tls-nothing-in-common": {
    patience: "slowly",
    advice: "The server has no version of TLS or cipher suite that the device has: it needs TLS 1.2 with AES-GCM.",
  },
  "tls-own-key": {
    patience: "daily",
    advice: "The device's own certificate or its key is damaged, or they do not belong together.",
  },
  "tls-failed": { patience: "soon", advice: "The TLS connection to the server failed." },
  "no-memory": { patience: "soon", advice: "The device had no memory left for the connection." },
  "answer-too-large": { patience: "slowly", advice: "The server's answer is too large for the device." },
  "answer-compressed": {
    patience: "slowly",
    advice: "The server compresses its answer unasked; the device cannot read that. Ask its operator to turn it off.",
  },
  "bad-answer": {
    patience: "slowly",
    advice: "The server's answer is not understood. Check the provisioning address.",
  },
  "server-error": { patience: "soon", advice: "The server has an internal error." },
  "rate-limited": { patience: "slowly", advice: "The server asks for fewer requests." },
  "unexpected-status": {
    patience: "slowly",
    advice: "The server's answer is unexpected. Check the provisioning address.",
  },
  "login-page": {
    patience: "slowly",
    advice:
      "A web page answers in the service's place. The Wi-Fi may want a login first, as in hotels: use another network, or check the address.",
  },
  "service-down": {
    patience: "soon",
    advice: "The service is out of order at the moment. Try again later, or ask its operator.",
  },
  "no-broker": {
    patience: "slowly",
    advice: "The service gives the device no MQTT broker. Ask its operator.",
  },
  // Device provisioning service
  "not-registered": {
    patience: "slowly",
    advice: "The device is not registered. Register its MAC address with the service.",
  },
  "device-disabled": { patience: "daily", advice: "The device was disabled. Ask the service's operator." },
  "request-refused": {
    patience: "slowly",
    advice: "The server refuses the request's form. Check product id and firmware.",
  },
  "secret-refused": { patience: "slowly", advice: "The server refuses the device's id and secret." },
  // Activation
  "no-identity": {
    patience: "daily",
    advice: "This activation needs a serial number and a key. The device has none: choose another kind.",
  },
  "signature-refused": {
    patience: "daily",
    advice: "The server refuses the device's signature. Its key does not match.",
  },
  "unsigned-refused": {
    patience: "daily",
    advice:
      "The server takes no activation without a signature (v1). Choose v2; the device needs a serial number and a key for it.",
  },
  unconfirmed: {
    patience: "daily",
    advice:
      "The service wants the device’s signature without showing a code. The device gives it to an address that it keeps, and to no other.",
  },
  "serial-unknown": { patience: "slowly", advice: "The server does not know the device's serial number." },
  "activated-elsewhere": {
    patience: "daily",
    advice: "The device is activated as another one already, perhaps before a reset. Remove it there first.",
  },
  "code-expired": { patience: "soon", advice: "The code has expired. A new one follows." },
  // Broker
  "broker-credentials": { patience: "slowly", advice: "The broker refuses the device's credentials." },
  "broker-refused": { patience: "slowly", advice: "The broker refuses the connection." },
  "broker-unreachable": {
    patience: "soon",
    advice: "The service accepts the device, but its MQTT broker cannot be reached. Perhaps the network blocks it.",
  },
  "broker-busy": { patience: "soon", advice: "The broker is not available at the moment." },
  "broker-closed": { patience: "soon", advice: "The broker closed the connection." },
  "topic-refused": { patience: "slowly", advice: "The broker refuses the device's control topic." },
  // Firmware over the air
  "firmware-offer": {
    patience: "slowly",
    advice: "The firmware that is offered cannot be fetched. Ask the service's operator for its address and version.",
  },
  "firmware-unverified": {
    patience: "slowly",
    advice:
      "The firmware is offered without a checksum (SHA-256): nothing would tell a spoilt file or a foreign one. It is left alone; a build with firmwareWithoutChecksum takes it, over https only.",
  },
  "firmware-old": {
    patience: "slowly",
    advice:
      "The firmware that is offered is older than this device may go back to, also by force. Ask the service's operator for a newer one.",
  },
  "firmware-source": { patience: "slowly", advice: "The firmware's address does not lead to it. Ask its operator." },
  "firmware-size": { patience: "slowly", advice: "The firmware has not the size that was offered, or none that fits." },
  "firmware-checksum": { patience: "slowly", advice: "The firmware that arrived is not the one that was offered." },
  "firmware-signature": { patience: "slowly", advice: "The firmware is not signed by whom this device trusts." },
  "firmware-image": { patience: "slowly", advice: "The file is no firmware for this device." },
  "firmware-flash": {
    patience: "slowly",
    advice: "The flash takes no firmware. It may be worn, or have no second slot.",
  },
  "firmware-crashed": { patience: "daily", advice: "The new firmware crashed; the one before it runs again." },
  "firmware-offline": {
    patience: "daily",
    advice: "The new firmware did not get online; the one before it runs again.",
  },
  "firmware-interrupted": {
    patience: "daily",
    advice: "The new firmware's trial was interrupted, as by a power cut; the one before it runs again.",
  },
  // Messages
  "topic-unknown": { patience: "slowly", advice: "The service has given the device no topic of that name." },
  "message-invalid": { patience: "soon", advice: "The message cannot be written as JSON." },
  // Device
  "storage-full": { patience: "slowly", advice: "The device's storage is full or worn. Nothing was changed." },
  "outbox-full": { patience: "soon", advice: "Too many messages wait for the broker. Check its connection." },
  "message-too-large": { patience: "daily", advice: "The message is too large to be sent." },
  safe: {
    patience: "slowly",
    advice:
      "The device has crashed again and again: for an hour no more than status, diagnose, update and reboot works.",
  },
  internal: { patience: "soon", advice: "The device met an internal fault." },
} as const satisfies Record<string, Meaning>;

export type Reason = keyof typeof meanings;

export function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(meanings, value);
}

export interface Failure {
  readonly reason: Reason;
  /** What the other side said or what was asked of it: short, printable, never a secret. */
  readonly detail?: string | undefined;
  /** How long the other side asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

export interface Failed {
  readonly ok: false;
  readonly failure: Failure;
}

export type Result<T> = { readonly ok: true; readonly value: T } | Failed;

export function success<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function failed(reason: Reason, detail?: string, retryAfterMs?: number): Failed {
  return { ok: false, failure: { reason, detail: detail && printable(detail, DETAIL_CHARACTERS), retryAfterMs } };
}

export function patienceOf(failure: Failure): Patience {
  return meanings[failure.reason].patience;
}

/** What a person can do, in one or two sentences of English. */
export function adviceOf(reason: Reason): string {
  return meanings[reason].advice;
}

/** The advice with the other side's words behind it where there are any. */
export function advise(failure: Failure): string {
  const advice = adviceOf(failure.reason);
  return failure.detail ? `${advice} (${failure.detail})` : advice;
}

/** Longest text of the other side that is passed on. */
const DETAIL_CHARACTERS = 120;

/** Control characters become spaces: the text goes to a terminal, where a line is a message, and to a page. */
export function printable(text: string, maxCharacters: number): string {
  const cut = text.length > maxCharacters ? text.slice(0, maxCharacters) : text;
  const { length } = cut;
  let result = "";
  let from = 0;
  // Nearly always there are none: no memory is taken then.
  for (let at = 0; at < length; at++) {
    if (!isControl(cut.charCodeAt(at))) continue;
    result += `${cut.slice(from, at)} `;
    from = at + 1;
  }
  return from === 0 ? cut : result + cut.slice(from);
}

/** C0, DEL, C1, and what ends a line or a paragraph in Unicode. */
function isControl(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029;
}
