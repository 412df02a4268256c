import { asObject } from "../cloud/text.js";
import { reject } from "./rejection.js";

/** What JSON holds. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A provisioning template's body, as in AWS's documentation. */
export interface TemplateBody {
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: string }>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Json>>>>>>;
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly DeviceConfiguration?: Readonly<Record<string, Json>>;
}

export type Override = "DO_NOTHING" | "REPLACE" | "MERGE" | "FAIL";

export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, Json>>;
  readonly OverrideSettings?: Readonly<Record<string, Override>>;
}

/** A template body out of JSON text or its value. @throws {RangeError} */
export function readTemplate(source: unknown): TemplateBody {
  const body = asObject(typeof source === "string" ? JSON.parse(source) : source);
  if (!body) throw new RangeError("template: a JSON object is needed");
  for (const [name, resource] of Object.entries(asObject(body.Resources) ?? {})) {
    const { Type, Properties } = asObject(resource) ?? {};
    if (!TYPES.some((type) => type === Type) || !asObject(Properties)) {
      throw new RangeError(`template: the resource ${name} needs a Type and Properties`);
    }
  }
  return body as TemplateBody;
}

const TYPES = ["AWS::IoT::Thing", "AWS::IoT::Certificate", "AWS::IoT::Policy"];

/**
 * Puts parameters into a template.
 * @param builtIn those that AWS IoT gives, as `AWS::IoT::Certificate::Id`
 * @throws {Rejection} InvalidParameters
 */
export function resolveTemplate(
  body: TemplateBody,
  given: Readonly<Record<string, string>>,
  builtIn: Readonly<Record<string, string>>,
): { resources: TemplateResource[]; deviceConfiguration: Record<string, string> } {
  const parameters = new Map<string, string>();
  for (const [name, { Default: fallback }] of Object.entries(body.Parameters ?? {})) {
    const value = builtIn[name] ?? given[name] ?? fallback;
    if (value === undefined) throw reject.missingParameter(name);
    parameters.set(name, value);
  }
  // It may be used without having been declared.
  const id = builtIn["AWS::IoT::Certificate::Id"];
  if (id !== undefined) parameters.set("AWS::IoT::Certificate::Id", id);
  const resolve = (value: Json): Json => evaluate(value, parameters, body.Mappings ?? {});
  return {
    resources: Object.values(body.Resources ?? {}).map((resource) => ({
      ...resource,
      Properties: resolve(resource.Properties) as Readonly<Record<string, Json>>,
    })),
    deviceConfiguration: Object.fromEntries(
      Object.entries(body.DeviceConfiguration ?? {}).map(([key, value]) => [key, text(resolve(value), key)]),
    ),
  };
}

type Mappings = NonNullable<TemplateBody["Mappings"]>;

function evaluate(value: Json, parameters: ReadonlyMap<string, string>, mappings: Mappings): Json {
  const resolve = (part: Json): Json => evaluate(part, parameters, mappings);
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as Readonly<Record<string, Json>>);
  const [name, argument] = entries[0] ?? ["", null];
  if (entries.length === 1 && (name === "Ref" || name.startsWith("Fn::"))) {
    return call(name, argument, resolve, parameters, mappings);
  }
  return Object.fromEntries(entries.map(([key, member]) => [key, resolve(member)]));
}

function call(
  name: string,
  argument: Json,
  resolve: (part: Json) => Json,
  parameters: ReadonlyMap<string, string>,
  mappings: Mappings,
): Json {
  const refer = (key: string): string => parameters.get(key) ?? fail(key);
  if (name === "Ref") return refer(text(argument, name));
  if (name === "Fn::Sub") {
    const [pattern, more] = Array.isArray(argument) ? argument : [argument, {}];
    const local = asObject(resolve(more as Json)) ?? {};
    return text(pattern as Json, name).replace(/\$\{([^}]+)\}/g, (_, key: string) => {
      return Object.hasOwn(local, key) ? text(local[key] as Json, name) : refer(key);
    });
  }
  const [first, second, third] = list(resolve(argument), name);
  switch (name) {
    case "Fn::Join":
      return list(second, name)
        .map((part) => text(part, name))
        .join(text(first, name));
    case "Fn::Select":
      return list(second, name)[Number(first)] ?? fail(name);
    case "Fn::Split":
      return text(second, name).split(text(first, name));
    case "Fn::FindInMap":
      return mappings[text(first, name)]?.[text(second, name)]?.[text(third, name)] ?? fail(name);
    default:
      throw reject.parameters(`The function ${name} is not supported.`);
  }
}

function list(value: Json | undefined, where: string): readonly Json[] {
  if (!Array.isArray(value)) throw reject.parameters(`${where}: a list is needed`);
  return value;
}

function text(value: Json | undefined, where: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw reject.parameters(`${where}: a text is needed`);
}

function fail(name: string): never {
  throw reject.reference(name);
}
