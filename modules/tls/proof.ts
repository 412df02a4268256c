/** What the SDK's TLS is told of the device's own certificate. */
import type { ClientIdentity } from "./client-identity.js";

/** AWS IoT's port for HTTPS is MQTT's, too, for who asks for it so and proves who it is in the handshake. */
const SHARED_PORT = 443;
const SHARED_PORT_PROTOCOL = "x-amzn-mqtt-ca";

/** What the SDK wants for it: buffers of their own, as it sees no view's offset. */
export function proofOf(identity: ClientIdentity | undefined, port: number | undefined) {
  if (!identity) return {};
  const [clientKey, ...clientCertificates] = [identity.key, ...identity.chain].map(
    (der) => der.slice().buffer as ArrayBuffer,
  );
  return {
    ...{ clientCertificates, clientKey },
    ...(port === SHARED_PORT && { applicationLayerProtocolNegotiation: SHARED_PORT_PROTOCOL }),
  };
}
