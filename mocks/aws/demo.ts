import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MockAws } from "./aws.js";

/** A name that every machine resolves to itself: SNI cannot carry an address. */
const ENDPOINT = "localhost";
const TEMPLATE = "fleet";
const NAME = `\${iot:Connection.Thing.ThingName}`;
const ARN = "arn:aws:iot:us-east-1:123456789012";
const REQUESTS = [
  "$aws/certificates/create/*",
  "$aws/certificates/create-from-csr/*",
  `$aws/provisioning-templates/${TEMPLATE}/provision/*`,
];

const claimPolicy = policy("*", REQUESTS);
/** A device may do what it likes below its own name, and ask for its next certificate. */
const devicePolicy = policy(`${ARN}:client/${NAME}`, [`devices/${NAME}/*`, ...REQUESTS]);

function policy(client: string, topics: readonly string[]): object {
  const of = (kind: string) => topics.map((topic) => `${ARN}:${kind}/${topic}`);
  return {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "iot:Connect", Resource: client },
      { Effect: "Allow", Action: ["iot:Publish", "iot:RetainPublish", "iot:Receive"], Resource: of("topic") },
      { Effect: "Allow", Action: "iot:Subscribe", Resource: of("topicfilter") },
    ],
  };
}

/** A thing with the serial number for a name. */
const template = {
  Parameters: { SerialNumber: { Type: "String" }, "AWS::IoT::Certificate::Id": { Type: "String" } },
  Resources: {
    thing: { Type: "AWS::IoT::Thing", Properties: { ThingName: { Ref: "SerialNumber" } } },
    certificate: {
      Type: "AWS::IoT::Certificate",
      Properties: { CertificateId: { Ref: "AWS::IoT::Certificate::Id" }, Status: "Active" },
    },
    policy: { Type: "AWS::IoT::Policy", Properties: { PolicyName: "device" } },
  },
  DeviceConfiguration: { dataTopic: { "Fn::Join": ["", ["devices/", { Ref: "SerialNumber" }, "/data"]] } },
};

/** An account with a template, and its root and a claim in this folder, for a person to try a device with. */
export async function openDemo(folder: string, log: (line: string) => void): Promise<{ aws: MockAws; text: string }> {
  const aws = new MockAws({ endpoint: ENDPOINT, serverKey: "ec", log });
  aws.putPolicy("claim", claimPolicy);
  aws.putPolicy("device", devicePolicy);
  aws.putTemplate(TEMPLATE, template);
  const claim = await aws.createCertificate(["claim"]);
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: string): void => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    chmodSync(path, 0o600);
  };
  write("root.pem", aws.rootPem);
  write("claim.pem", claim.certificatePem);
  write("claim.key", claim.privateKey);
  await aws.start();
  const text = `
AWS IoT

  Endpoint             ${ENDPOINT}, port ${aws.mqttPort}, or ${aws.alpnPort} with ALPN
  Template             ${TEMPLATE}, which needs SerialNumber
  Root, claim, its key ${folder}: root.pem, claim.pem, claim.key
  Claims for five minutes, vending machines
                       ${aws.httpsUrl}
`;
  return { aws, text };
}
