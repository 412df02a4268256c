/** What the SDK's TLS is told of the device's own certificate. */
import type { ClientIdentity } from "./client-identity.js";

/** AWS IoT's port for HTTPS is MQTT's, too, for who asks for it so and proves who it is in the handshake. */
const SHARED_PORT = 443;
const SHARED_PORT_PROTOCOL = "x-amzn-mqtt-ca";

/** As the SDK's session has it among its options, which it keeps as long as the connection lasts. */
export interface Proof {
  readonly clientCertificates?: ArrayBuffer[];
  readonly clientKey?: ArrayBuffer;
  readonly applicationLayerProtocolNegotiation?: string;
}

/** What the SDK wants for it: buffers of their own, as it sees no view's offset. */
export function proofOf(identity: ClientIdentity | undefined, port: number | undefined): Proof {
  if (!identity) return {};
  const clientKey = bufferOf(identity.key);
  const clientCertificates = identity.chain.map(bufferOf);
  if (port !== SHARED_PORT) return { clientCertificates, clientKey };
  return { clientCertificates, clientKey, applicationLayerProtocolNegotiation: SHARED_PORT_PROTOCOL };
}

/** After the handshake: whoever holds it has nothing then. It is kilobytes of the heap, and a key. */
export function dropProof({ clientCertificates, clientKey }: Proof): void {
  clientCertificates?.splice(0);
  (clientKey as Resizable | undefined)?.resize(0);
}

/** ES2024; the typings have it not. */
type Resizable = ArrayBuffer & { resize(bytes: number): void };
type ResizableConstructor = new (bytes: number, options: { maxByteLength: number }) => Resizable;

function bufferOf(der: Uint8Array): ArrayBuffer {
  const buffer = new (ArrayBuffer as unknown as ResizableConstructor)(der.length, { maxByteLength: der.length });
  new Uint8Array(buffer).set(der);
  return buffer;
}
