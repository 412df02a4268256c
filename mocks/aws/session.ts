import type { Client } from "aedes";
import type { Account, Certificate } from "./account.js";
import { type AwsContext, arn } from "./options.js";
import { isAllowed, type PolicyAction, type PolicyDocument, type PolicyVariables } from "./policy.js";

/** The template for which a trusted user's claim is good, by the certificate's id. */
export type Claims = ReadonlyMap<string, string>;

interface Options {
  readonly context: AwsContext;
  readonly account: Account;
  readonly claims: Claims;
  readonly client: Client;
  readonly clientId: string;
  readonly certificate: Certificate;
}

/** What one connection may do, and what it has subscribed to. */
export class Session {
  readonly client: Client;
  readonly clientId: string;
  readonly certificate: Certificate;
  readonly connectedAtMs: number;
  /** Granted qualities by filter. */
  readonly subscriptions = new Map<string, number>();
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
    this.client = options.client;
    this.clientId = options.clientId;
    this.certificate = options.certificate;
    this.connectedAtMs = options.context.now();
  }

  may(action: PolicyAction, kind: "client" | "topic" | "topicfilter", name: string): boolean {
    const resource = arn(this.#options.context, kind, name);
    return isAllowed(this.#documents(), action, resource, this.#variables());
  }

  /** The quality at which a message reaches the client; null where it has not subscribed. */
  qosFor(topic: string): number | null {
    const granted = [...this.subscriptions].filter(([filter]) => covers(filter, topic)).map(([, qos]) => qos);
    return granted.length > 0 ? Math.max(...granted) : null;
  }

  #documents(): PolicyDocument[] {
    const { context, account, claims, certificate } = this.#options;
    const templateName = claims.get(certificate.id);
    if (templateName !== undefined) return [claimPolicy(context, templateName)];
    return [...certificate.policies].flatMap((name) => account.policies.get(name) ?? []);
  }

  /** A thing's variables have values only where the thing is the certificate's and the client id is its name. */
  #variables(): PolicyVariables {
    const { account, clientId, certificate } = this.#options;
    const thing = certificate.thing === clientId ? account.things.get(clientId) : undefined;
    const attributes = Object.entries(thing?.attributes ?? {});
    return {
      "iot:ClientId": clientId,
      "iot:CertificateId": certificate.id,
      "iot:Connection.Thing.IsAttached": String(thing !== undefined),
      ...(thing ? { "iot:Connection.Thing.ThingName": thing.name } : {}),
      ...(thing?.typeName ? { "iot:Connection.Thing.ThingTypeName": thing.typeName } : {}),
      ...Object.fromEntries(attributes.map(([name, value]) => [`iot:Connection.Thing.Attributes[${name}]`, value])),
    };
  }
}

/** What AWS IoT lets a temporary claim do: fleet provisioning by its template, under any client id. */
function claimPolicy(context: AwsContext, templateName: string): PolicyDocument {
  const names = ["$aws/certificates/*", `$aws/provisioning-templates/${templateName}/provision/*`];
  const of = (kind: string) => names.map((name) => arn(context, kind, name));
  return {
    Statement: [
      { Effect: "Allow", Action: "iot:Connect", Resource: "*" },
      { Effect: "Allow", Action: ["iot:Publish", "iot:Receive"], Resource: of("topic") },
      { Effect: "Allow", Action: "iot:Subscribe", Resource: of("topicfilter") },
    ],
  };
}

/** MQTT 3.1.1, 4.7: whether a filter matches a topic. Wildcards at the start do not match `$` topics. */
export function covers(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const parts = topic.split("/");
  const wanted = filter.split("/");
  const index = wanted.indexOf("#");
  const fixed = index < 0 ? wanted : wanted.slice(0, index);
  const isLongEnough = index < 0 ? parts.length === fixed.length : parts.length >= fixed.length;
  return isLongEnough && fixed.every((part, at) => part === "+" || part === parts[at]);
}
