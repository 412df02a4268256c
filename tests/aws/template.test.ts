import { expect, test } from "vitest";
import { Account } from "../../mocks/aws/account.js";
import { defaultSettings } from "../../mocks/aws/options.js";
import { provision } from "../../mocks/aws/provisioning.js";
import { type Json, readTemplate, resolveTemplate, type TemplateBody } from "../../mocks/aws/template.js";
import { p256 } from "./csr-maker.js";

const Mappings = { Locations: { Seattle: { url: "https://seattle.example" } } };
const Parameters = { Serial: { Type: "String" }, Place: { Type: "String", Default: "Seattle" } };

function resolved(value: Json): string | undefined {
  const body = { Parameters, Mappings, DeviceConfiguration: { value } };
  return resolveTemplate(body, { Serial: "a-b-c" }, { "AWS::IoT::Certificate::Id": "00ff" }).deviceConfiguration.value;
}

test.each<[string, Json, string]>([
  ["a text", "text", "text"],
  ["a number", 7, "7"],
  ["Ref", { Ref: "Serial" }, "a-b-c"],
  ["Ref with a default", { Ref: "Place" }, "Seattle"],
  ["Ref to what AWS IoT gives", { Ref: "AWS::IoT::Certificate::Id" }, "00ff"],
  ["Join", { "Fn::Join": ["_", ["board", { Ref: "Serial" }]] }, "board_a-b-c"],
  ["Select", { "Fn::Select": [1, ["x", "y"]] }, "y"],
  ["Select with a text", { "Fn::Select": ["0", ["x", "y"]] }, "x"],
  ["Split in Select", { "Fn::Select": [2, { "Fn::Split": ["-", { Ref: "Serial" }] }] }, "c"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of AWS's
  ["Sub", { "Fn::Sub": "b/${Serial}/${Place}" }, "b/a-b-c/Seattle"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of AWS's
  ["Sub with its own", { "Fn::Sub": ["${x}/${Serial}", { x: { Ref: "Place" } }] }, "Seattle/a-b-c"],
  ["FindInMap", { "Fn::FindInMap": ["Locations", { Ref: "Place" }, "url"] }, "https://seattle.example"],
])("%s", (_, value, expected) => {
  expect(resolved(value)).toBe(expected);
});

test.each<[string, Json, string]>([
  ["Ref", { Ref: "Nobody" }, "Cannot resolve reference value: Nobody"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of AWS's
  ["Sub", { "Fn::Sub": "${Nobody}" }, "Cannot resolve reference value: Nobody"],
  ["FindInMap", { "Fn::FindInMap": ["Locations", "Oslo", "url"] }, "Cannot resolve reference value: Fn::FindInMap"],
  ["Select", { "Fn::Select": [2, ["x", "y"]] }, "Cannot resolve reference value: Fn::Select"],
  ["Join", { "Fn::Join": ["", "x"] }, "Fn::Join: a list is needed"],
  ["a function that there is not", { "Fn::Base64": ["x"] }, "The function Fn::Base64 is not supported."],
  ["a nested configuration", { a: "b" }, "value: a text is needed"],
])("%s that cannot be resolved: InvalidParameters", (_, value, message) => {
  expect(() => resolved(value)).toThrow(expect.objectContaining({ errorCode: "InvalidParameters", message }));
});

test("a template that is none", () => {
  expect(() => readTemplate("[]")).toThrow(RangeError);
  expect(() => readTemplate({ Resources: { thing: { Type: "AWS::IoT::Thing" } } })).toThrow(RangeError);
  expect(() => readTemplate({ Resources: { thing: { Type: "AWS::S3::Bucket", Properties: {} } } })).toThrow(RangeError);
  expect(readTemplate(JSON.stringify({ Resources: {} }))).toEqual({ Resources: {} });
});

/** An account with a thing, and a template that wants it otherwise. */
function existing(overrides: Record<string, unknown>) {
  const context = { settings: defaultSettings, endpoint: "", region: "", accountId: "", now: Date.now, emit() {} };
  const account = new Account(context, "ec");
  Object.assign(account.thing("board"), { typeName: "old", attributes: { a: "1", b: "1" }, groups: ["one"] });
  const certificate = account.add(account.authority.sign(p256().publicKey, 0), "csr", { status: "PENDING_ACTIVATION" });
  const body = {
    Resources: {
      thing: {
        Type: "AWS::IoT::Thing",
        Properties: {
          ThingName: "board",
          ThingTypeName: "new",
          AttributePayload: { b: "2", c: "2" },
          ThingGroups: ["two"],
        },
        OverrideSettings: overrides,
      },
    },
  } as TemplateBody;
  return { account, certificate, run: () => provision(account, certificate, body, {}) };
}

test.each([
  ["nothing", {}, { typeName: "old", attributes: { a: "1", b: "1" }, groups: ["one"] }],
  ["DO_NOTHING", { AttributePayload: "DO_NOTHING" }, { typeName: "old", attributes: { a: "1", b: "1" } }],
  [
    "REPLACE",
    { AttributePayload: "REPLACE", ThingTypeName: "REPLACE", ThingGroups: "REPLACE" },
    { typeName: "new", attributes: { b: "2", c: "2" }, groups: ["two"] },
  ],
  [
    "MERGE",
    { AttributePayload: "MERGE", ThingGroups: "MERGE" },
    { typeName: "old", attributes: { a: "1", b: "2", c: "2" }, groups: ["one", "two"] },
  ],
])("a thing that there is already, with OverrideSettings of %s", (_, overrides, expected) => {
  const { account, certificate, run } = existing(overrides);
  expect(run().thingName).toBe("board");
  expect(account.things.get("board")).toMatchObject(expected);
  expect(certificate).toMatchObject({ thing: "board", status: "ACTIVE" });
});

test("… of FAIL: ResourceConflictsException, and nothing changes", () => {
  const { account, certificate, run } = existing({ AttributePayload: "REPLACE", ThingTypeName: "FAIL" });
  expect(run).toThrow(expect.objectContaining({ statusCode: 409, errorCode: "ResourceConflictsException" }));
  expect(account.things.get("board")).toMatchObject({ typeName: "old", attributes: { a: "1", b: "1" } });
  expect(certificate).toMatchObject({ thing: null, status: "PENDING_ACTIVATION" });
});
