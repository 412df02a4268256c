import type { PublishPacket } from "aedes";
import type { AwsContext } from "./options.js";
import { requestOf } from "./requests.js";
import type { Session } from "./session.js";

/** AWS IoT Core's quotas for MQTT. */
const MAX_TOPIC_BYTES = 256;
const MAX_SLASHES = 7;
const MAX_PAYLOAD_BYTES = 128 * 1024;

/** How long a trusted user's claim is good, and how long after connecting it may ask for a certificate. */
export const CLAIM_LIFETIME_MS = 300_000;

/** The topics with `$` that a client may publish to besides requests. Nothing answers there. */
const RESERVED = /^\$aws\/(things|rules)\//;

/** Why a message may not be published; null when it may. */
export function publishRefusal(context: AwsContext, session: Session, packet: PublishPacket): string | null {
  const { topic, payload, retain } = packet;
  const request = requestOf(topic);
  if (topic.startsWith("$") && !request && !RESERVED.test(topic)) return "a reserved topic";
  if (!session.may("iot:Publish", "topic", topic)) return "the policy does not allow iot:Publish";
  if (retain && !session.may("iot:RetainPublish", "topic", topic)) return "the policy does not allow iot:RetainPublish";
  if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) return "the payload is too long";
  const isCreate = request !== null && request.operation !== "register";
  if (isCreate && isLateClaim(context, session)) return "the claim has been connected for more than five minutes";
  return topicRefusal(topic) ?? expiredClaim(context, session);
}

/** Why a filter may not be subscribed to; null when it may. */
export function subscribeRefusal(context: AwsContext, session: Session, filter: string): string | null {
  if (!session.may("iot:Subscribe", "topicfilter", filter)) return "the policy does not allow iot:Subscribe";
  return topicRefusal(filter) ?? expiredClaim(context, session);
}

function topicRefusal(topic: string): string | null {
  if (Buffer.byteLength(topic) > MAX_TOPIC_BYTES) return "the topic is too long";
  return !topic.startsWith("$") && topic.split("/").length - 1 > MAX_SLASHES ? "the topic has too many levels" : null;
}

function isLateClaim({ now }: AwsContext, { certificate, connectedAtMs }: Session): boolean {
  return certificate.origin === "trusted-user" && now() - connectedAtMs > CLAIM_LIFETIME_MS;
}

function expiredClaim({ settings, now }: AwsContext, { certificate }: Session): string | null {
  const isOver = certificate.origin === "trusted-user" && certificate.expiresAtMs <= now();
  return settings.cutsExpiredClaims && isOver ? "the claim has expired" : null;
}
