import { expect, test } from "vitest";
import { dropProof, proofOf } from "../../modules/tls/proof.js";

const whole = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7);
/** Views of one buffer, as flash is read. */
const identity = { chain: [whole.subarray(0, 3), whole.subarray(3, 5)], key: whole.subarray(5) };

test("buffers of their own, the own certificate first; nothing where there is no certificate", () => {
  const { clientCertificates, clientKey } = proofOf(identity, 8883) as ReturnType<typeof proofOf> & {
    clientCertificates: ArrayBuffer[];
    clientKey: ArrayBuffer;
  };
  expect(clientCertificates.map((buffer) => [...new Uint8Array(buffer)])).toEqual([
    [0, 1, 2],
    [3, 4],
  ]);
  expect([...new Uint8Array(clientKey)]).toEqual([5, 6, 7]);
  expect(proofOf(undefined, 443)).toEqual({});
});

test("on the port of HTTPS, and there alone, the protocol is named", () => {
  const named = { applicationLayerProtocolNegotiation: "x-amzn-mqtt-ca" };
  expect(proofOf(identity, 443)).toMatchObject(named);
  for (const port of [8883, 8443, undefined])
    expect(proofOf(identity, port)).not.toHaveProperty(Object.keys(named)[0]!);
});

test("once it is dropped, whoever still holds it has nothing", () => {
  const proof = proofOf(identity, 443);
  dropProof(proof);
  expect([proof.clientCertificates, proof.clientKey?.byteLength]).toEqual([[], 0]);
  dropProof(proofOf(undefined, 443));
});
