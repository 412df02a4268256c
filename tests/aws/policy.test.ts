// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import { expect, test } from "vitest";
import { isAllowed, type PolicyVariables, readPolicy } from "../../mocks/aws/policy.js";
import { covers } from "../../mocks/aws/session.js";

const variables: PolicyVariables = { "iot:ClientId": "board*", "iot:Connection.Thing.IsAttached": "true" };

function allows(statement: object, resource = "topic/a/b", action: Parameters<typeof isAllowed>[1] = "iot:Publish") {
  const document = readPolicy({ Statement: { Effect: "Allow", Action: "iot:Publish", Resource: "*", ...statement } });
  return isAllowed([document], action, resource, variables);
}

test.each([
  [{}, true],
  [{ Action: "iot:*" }, true],
  [{ Action: ["iot:Connect", "iot:Pub*"] }, true],
  [{ Action: "iot:Connect" }, false],
  [{ Resource: "topic/a/b" }, true],
  [{ Resource: "topic/a" }, false],
  [{ Resource: "topic/*" }, true],
  [{ Resource: "topic/a/?" }, true],
  [{ Resource: "topic/a?" }, false],
  [{ Resource: ["topic/x", "topic/a/*"] }, true],
  [{ Resource: "topic/+/b" }, false],
  [{ Resource: "topic.a/b" }, false],
  [{ Effect: "Deny" }, false],
  [{ Condition: { Bool: { "iot:Connection.Thing.IsAttached": "true" } } }, true],
  [{ Condition: { Bool: { "iot:Connection.Thing.IsAttached": false } } }, false],
  [{ Condition: { StringEquals: { "iot:ClientId": ["x", "board*"] } } }, true],
  [{ Condition: { StringEquals: { "iot:ClientId": "b*" } } }, false],
  [{ Condition: { StringLike: { "iot:ClientId": "b*" } } }, true],
  [{ Condition: { StringEquals: { "iot:Nothing": "b" } } }, false],
])("%j: %s", (statement, expected) => {
  expect(allows(statement)).toBe(expected);
});

test("a variable is what it is, not a wildcard, and one without a value matches nothing", () => {
  expect(allows({ Resource: "topic/${iot:ClientId}/data" }, "topic/board*/data")).toBe(true);
  expect(allows({ Resource: "topic/${iot:ClientId}/data" }, "topic/board7/data")).toBe(false);
  expect(allows({ Resource: "topic/${iot:Connection.Thing.ThingName}/*" }, "topic//x")).toBe(false);
  expect(allows({ Resource: "topic/${*}" }, "topic/*")).toBe(true);
  expect(allows({ Resource: "topic/${*}" }, "topic/a")).toBe(false);
});

test("a Deny wins over every Allow, in whatever order and document", () => {
  const allow = readPolicy({ Statement: { Effect: "Allow", Action: "iot:*", Resource: "*" } });
  const deny = readPolicy({ Statement: [{ Effect: "Deny", Action: "iot:Publish", Resource: "topic/secret" }] });
  for (const documents of [
    [allow, deny],
    [deny, allow],
  ]) {
    expect(isAllowed(documents, "iot:Publish", "topic/secret", {})).toBe(false);
    expect(isAllowed(documents, "iot:Publish", "topic/other", {})).toBe(true);
  }
  expect(isAllowed([], "iot:Publish", "topic/other", {})).toBe(false);
});

test("a document that is none, or that has a condition which is not known here", () => {
  for (const source of ["no json", "[]", {}, { Statement: { Effect: "Maybe", Action: "*", Resource: "*" } }]) {
    expect(() => readPolicy(source)).toThrow(RangeError);
  }
  expect(() => allows({ Condition: { NumericEquals: {} } })).toThrow(RangeError);
  expect(readPolicy('{"Statement":[]}')).toEqual({ Statement: [] });
});

test.each([
  ["a/b", "a/b", true],
  ["a/b", "a", false],
  ["a/b", "a/b/c", false],
  ["a/+", "a/b", true],
  ["a/+", "a/b/c", false],
  ["a/#", "a/b/c", true],
  ["a/#", "a", true],
  ["#", "a/b", true],
  ["#", "$aws/a", false],
  ["+/a", "$aws/a", false],
  ["$aws/#", "$aws/a", true],
])("the filter %s and the topic %s: %s", (filter, topic, expected) => {
  expect(covers(filter, topic)).toBe(expected);
});
