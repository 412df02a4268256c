/**
 * TLS for one connection, in C (native/agent_tls.h): what comes from the network is given to it, and what goes there is
 * taken from it.
 */
/// <reference path="../typings/native.d.ts" />
import type { GuardedTcp } from "../socket/adapter.js";

type Bytes = ArrayBuffer | Uint8Array;

export class TlsSession extends Native("xs_agent_tls_destructor") {
  /**
   * @param earliestMs the time that it is lies between this and `latestMs`
   * @param _under the connection whose turns it takes; the chip's needs none but its calls
   */
  constructor(host: string, port: number, earliestMs: number, latestMs: number, _under: GuardedTcp) {
    super();
    native("xs_agent_tls").call(this, host, port, earliestMs, latestMs);
  }

  /** Public authorities, as roots.dat has them. Not copied: they have to lie in flash. */
  roots(bundle: Bytes): void {
    native("xs_agent_tls_roots").call(this, bundle);
  }

  /** Authorities that count beside them, DER, one behind the other. */
  trust(certificates: Bytes): void {
    native("xs_agent_tls_trust").call(this, certificates);
  }

  /** Of the device's own chain, DER, leaf first: one call for each. */
  ownCertificate(certificate: Bytes): void {
    native("xs_agent_tls_own_certificate").call(this, certificate);
  }

  /** After its certificate. @param key PKCS#8, PKCS#1 or SEC 1 in DER */
  ownKey(key: Bytes): void {
    native("xs_agent_tls_own_key").call(this, key);
  }

  /** Says in the handshake that it is for MQTT: AWS IoT's port for HTTPS has that, too. */
  mqttProtocol(): void {
    native("xs_agent_tls_mqtt_protocol").call(this);
  }

  /** After all of the above. */
  begin(): void {
    native("xs_agent_tls_begin").call(this);
  }

  /** OPEN: the server is who it should be. Below zero: it is over, and `failureOf` says why. */
  get state(): number {
    return native("xs_agent_tls_get_state").call(this);
  }

  /** Bytes of the record that is open. */
  get available(): number {
    return native("xs_agent_tls_get_available").call(this);
  }

  /** Bytes that are to be sent. */
  get unsent(): number {
    return native("xs_agent_tls_get_unsent").call(this);
  }

  /** @returns how many of the bytes were taken: none while there is something to read */
  receive(bytes: Bytes): number {
    return native("xs_agent_tls_receive").call(this, bytes);
  }

  /** @param into how many bytes, or what is to be filled. @throws RangeError beyond what is available */
  read(into: number | Uint8Array): ArrayBuffer | undefined {
    return native("xs_agent_tls_read").call(this, into);
  }

  readByte(): number | undefined {
    return native("xs_agent_tls_read_byte").call(this);
  }

  write(bytes: Bytes): void {
    native("xs_agent_tls_write").call(this, bytes);
  }

  /** @throws RangeError beyond what is unsent */
  take(bytes: number): ArrayBuffer {
    return native("xs_agent_tls_take").call(this, bytes);
  }

  /** Says goodbye (close_notify): it is unsent then. */
  end(): void {
    native("xs_agent_tls_end").call(this);
  }

  /** Frees its memory; nothing else may be called then. */
  close(): void {
    native("xs_agent_tls_close").call(this);
  }
}
