/** The last proof of what a service gave: its broker lets the device in. */

import { failed, type Reason, type Result, success } from "../modules/base/failure.js";
import { CONNECT_TIMEOUT_MS, KEEP_ALIVE_MS, type MqttSession } from "../modules/mqtt/mqtt.js";
import type { Configuration } from "./configuration.js";
import type { ProvisioningContext } from "./protocol.js";

/** Some brokers accept every client, check the password afterwards, and then disconnect. */
const PROOF_MS = 2_000;
/** What a server in general may answer with; here it is the broker that could not be reached, behind a service that was. */
const UNREACHED: ReadonlySet<Reason> = new Set(["unreachable", "timeout", "name-unknown"] as const);
/** How the device ends its connection itself. */
const { failure: left } = failed("broker-closed");

/**
 * Connects once as the device will, and leaves: without a will, without a subscription, and before a message that waits
 * for the device could be taken.
 * @returns a failure that names the broker
 */
export async function tryBroker(
  { io, keystore }: ProvisioningContext,
  { credentials, pace }: Configuration,
): Promise<Result<void>> {
  const { certificate, cleanSession, host, port } = credentials;
  const connected = await io.mqtt({
    ...credentials,
    identity: certificate && (() => keystore.read(certificate)),
    keepAliveMs: KEEP_ALIVE_MS,
    timeoutMs: pace.timeoutMs ?? CONNECT_TIMEOUT_MS,
    subscribe: [],
    onMessage() {},
  });
  const failure = connected.ok ? await proof(connected.value, cleanSession, io.clock) : connected.failure;
  if (!failure) return success(undefined);
  const reason = UNREACHED.has(failure.reason) ? "broker-unreachable" : failure.reason;
  return failed(reason, failure.detail ?? `${host}:${port}`);
}

/** Where the broker keeps messages for the device, none may come before it leaves: it would be acknowledged, and lost. */
async function proof(session: MqttSession, mayWait: boolean, clock: ProvisioningContext["io"]["clock"]) {
  const timer = mayWait ? clock.after(PROOF_MS, leave, session) : undefined;
  if (!mayWait) leave(session);
  const failure = await session.ended;
  clock.cancel(timer);
  return failure === left ? undefined : failure;
}

function leave(session: MqttSession): void {
  session.close(left, true);
}
