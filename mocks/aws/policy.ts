import { asObject } from "../cloud/text.js";

export type PolicyAction = "iot:Connect" | "iot:Publish" | "iot:Subscribe" | "iot:Receive" | "iot:RetainPublish";

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | boolean | readonly string[]>>>>;
}

/** An AWS IoT policy document. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: Statement | readonly Statement[];
}

/** Policy variables without `${}`, as `iot:ClientId`. One that is not there has no value, and what names it matches nothing. */
export type PolicyVariables = Readonly<Record<string, string>>;

const OPERATORS = ["Bool", "StringEquals", "StringLike"] as const;

/** A policy document out of JSON, or of the JSON text that templates may have in its place. @throws {RangeError} */
export function readPolicy(source: unknown): PolicyDocument {
  const document = asObject(typeof source === "string" ? parse(source) : source);
  if (!document?.Statement) throw new RangeError("policy: a document with Statement is needed");
  for (const statement of list(document.Statement)) {
    const { Effect, Action, Resource, Condition = {} } = asObject(statement) ?? {};
    if ((Effect !== "Allow" && Effect !== "Deny") || !areTexts(Action) || !areTexts(Resource)) {
      throw new RangeError("policy: a statement needs Effect, Action and Resource");
    }
    const stranger = Object.keys(Condition as object).find((name) => !OPERATORS.some((known) => known === name));
    if (stranger) throw new RangeError(`policy: the condition ${stranger} is not known here`);
  }
  return document as unknown as PolicyDocument;
}

/** An explicit Deny wins; what nothing allows is denied. */
export function isAllowed(
  documents: Iterable<PolicyDocument>,
  action: PolicyAction,
  resource: string,
  variables: PolicyVariables,
): boolean {
  let isFound = false;
  for (const { Statement: statements } of documents) {
    for (const statement of list(statements)) {
      if (!applies(statement, action, resource, variables)) continue;
      if (statement.Effect === "Deny") return false;
      isFound = true;
    }
  }
  return isFound;
}

function applies(statement: Statement, action: string, resource: string, variables: PolicyVariables): boolean {
  return (
    list(statement.Action).some((pattern) => matches(pattern, action)) &&
    list(statement.Resource).some((pattern) => matchesWith(pattern, resource, variables)) &&
    Object.entries(statement.Condition ?? {}).every(([operator, conditions]) =>
      Object.entries(conditions).every(([key, wanted]) => {
        const value = variables[key];
        return value !== undefined && list(wanted).some((one) => holds(operator, value, String(one), variables));
      }),
    )
  );
}

function holds(operator: string, value: string, wanted: string, variables: PolicyVariables): boolean {
  if (operator === "StringLike") return matchesWith(wanted, value, variables);
  return operator === "Bool" ? value === wanted.toLowerCase() : value === wanted;
}

/** Variables are put in as what they are: a `*` in a thing's name is no wildcard. */
function matchesWith(pattern: string, text: string, variables: PolicyVariables): boolean {
  const parts = pattern.split(/\$\{([^}]+)\}/);
  let source = "";
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 0) source += wildcards(part);
    // `${*}`, `${?}` and `${$}` stand for the characters themselves.
    else if (["*", "?", "$"].includes(part)) source += escapeRegExp(part);
    else if (variables[part] === undefined) return false;
    else source += escapeRegExp(variables[part]);
  }
  return new RegExp(`^${source}$`, "s").test(text);
}

const matches = (pattern: string, text: string): boolean => new RegExp(`^${wildcards(pattern)}$`, "s").test(text);
const wildcards = (text: string): string => escapeRegExp(text).replaceAll("\\*", ".*").replaceAll("\\?", ".");
const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);
const areTexts = (value: unknown): boolean => list(value).every((one) => typeof one === "string");

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError("policy: no JSON");
  }
}
