import { createHash } from "node:crypto";
import type { Account, Certificate, Thing } from "./account.js";
import { readPolicy } from "./policy.js";
import { reject } from "./rejection.js";
import { type Json, type Override, resolveTemplate, type TemplateBody, type TemplateResource } from "./template.js";

/** What a template brings about, all of it checked, nothing of it done yet. */
interface Plan {
  readonly thing: { name: string; change: (thing: Thing) => void } | null;
  readonly status: "ACTIVE" | "INACTIVE";
  readonly policies: readonly { name: string; document: Json | null }[];
  readonly deviceConfiguration: Record<string, string>;
}

export interface Provisioned {
  readonly deviceConfiguration: Record<string, string>;
  readonly thingName: string | null;
}

/**
 * Makes what a template says, around this certificate: all of it, or nothing when it cannot be done.
 * @throws {Rejection}
 */
export function provision(
  account: Account,
  certificate: Certificate,
  body: TemplateBody,
  parameters: Readonly<Record<string, string>>,
  builtIn: Readonly<Record<string, string>> = {},
): Provisioned {
  const plan = planOf(account, certificate, body, parameters, builtIn);
  const { thing, status, policies, deviceConfiguration } = plan;
  if (thing) {
    thing.change(account.thing(thing.name));
    certificate.thing = thing.name;
  }
  for (const { name, document } of policies) {
    if (document !== null) account.putPolicy(name, document);
    certificate.policies.add(name);
  }
  certificate.status = status;
  return { deviceConfiguration, thingName: thing?.name ?? null };
}

/** @throws {Rejection} */
export function planOf(
  account: Account,
  certificate: Certificate,
  body: TemplateBody,
  parameters: Readonly<Record<string, string>>,
  builtIn: Readonly<Record<string, string>> = {},
): Plan {
  const given = { ...builtIn, "AWS::IoT::Certificate::Id": certificate.id };
  const { resources, deviceConfiguration } = resolveTemplate(body, parameters, given);
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
  const [thing] = ofType("AWS::IoT::Thing");
  const [own] = ofType("AWS::IoT::Certificate");
  return {
    thing: thing ? thingOf(account, thing) : null,
    status: own ? statusOf(own, certificate.id) : "ACTIVE",
    policies: ofType("AWS::IoT::Policy").map((resource) => policyOf(account, resource)),
    deviceConfiguration,
  };
}

function statusOf({ Properties }: TemplateResource, id: string): "ACTIVE" | "INACTIVE" {
  if (Properties.CertificateId !== id) throw reject.resource("CertificateId is not the certificate's.");
  const status = String(Properties.Status ?? "ACTIVE").toUpperCase();
  if (status === "ACTIVE" || status === "INACTIVE") return status;
  throw reject.resource("Status is neither Active nor Inactive.");
}

function policyOf(account: Account, { Properties }: TemplateResource): { name: string; document: Json | null } {
  const { PolicyName: name, PolicyDocument: document = null } = Properties;
  if (document !== null) {
    try {
      readPolicy(document);
    } catch {
      throw reject.resource("PolicyDocument is malformed.");
    }
    // Where there is no name AWS IoT makes one of the document.
    const hash = createHash("sha256").update(JSON.stringify(document)).digest("hex");
    return { name: typeof name === "string" ? name : hash, document };
  }
  if (typeof name !== "string" || !account.policies.has(name)) throw reject.resource("The policy does not exist.");
  return { name, document: null };
}

const THING_NAME = /^[a-zA-Z0-9:_-]{1,128}$/;
const ATTRIBUTE = /^[a-zA-Z0-9_.,@/:#=[\]-]{0,800}$/;

function thingOf(
  account: Account,
  { Properties, OverrideSettings = {} }: TemplateResource,
): NonNullable<Plan["thing"]> {
  const { ThingName: name, ThingTypeName, AttributePayload, ThingGroups, BillingGroup } = Properties;
  if (typeof name !== "string" || !THING_NAME.test(name)) throw reject.resource("ThingName is not valid.");
  const attributes = Object.entries((AttributePayload ?? {}) as Record<string, Json>);
  const invalid = attributes.find(([, value]) => typeof value !== "string" || !ATTRIBUTE.test(value));
  if (invalid) throw reject.resource(`The attribute ${invalid[0]} is not valid.`);
  const isNew = !account.things.has(name);
  /** Whether to replace what an existing thing has. */
  const override = (key: string, value: Json | undefined): Override | null => {
    if (value === undefined) return null;
    if (isNew) return "REPLACE";
    const setting = OverrideSettings[key] ?? "DO_NOTHING";
    if (setting === "FAIL") throw reject.conflict(key);
    return setting;
  };
  const [onAttributes, onType, onGroups] = [
    override("AttributePayload", AttributePayload),
    override("ThingTypeName", ThingTypeName),
    override("ThingGroups", ThingGroups),
  ];
  const change = (thing: Thing): void => {
    const values = Object.fromEntries(attributes) as Record<string, string>;
    if (onAttributes === "REPLACE") thing.attributes = values;
    if (onAttributes === "MERGE") thing.attributes = { ...thing.attributes, ...values };
    if (onType === "REPLACE") thing.typeName = String(ThingTypeName);
    const groups = (ThingGroups ?? []) as string[];
    if (onGroups === "REPLACE") thing.groups = [...groups];
    if (onGroups === "MERGE") thing.groups = [...new Set([...thing.groups, ...groups])];
    if (isNew && typeof BillingGroup === "string") thing.billingGroup = BillingGroup;
  };
  return { name, change };
}
