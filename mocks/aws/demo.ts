import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyPem, makeCertificate, pem } from "../certificates.js";
import { MockAws } from "./aws.js";
import { watchDevices } from "./seen.js";

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

/** Who watches may send commands, too. */
const OBSERVER = "observer";
const observerPolicy = policy(`${ARN}:client/${OBSERVER}*`, ["devices/*"]);

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

/** By its own certificate a thing has its common name. */
const ownTemplate = {
  ...template,
  Parameters: {
    "AWS::IoT::Certificate::CommonName": { Type: "String" },
    "AWS::IoT::Certificate::Id": { Type: "String" },
  },
  Resources: {
    ...template.Resources,
    thing: {
      Type: "AWS::IoT::Thing",
      Properties: { ThingName: { Ref: "AWS::IoT::Certificate::CommonName" } },
    },
  },
  DeviceConfiguration: {},
};

/** Of the boards that the folder's list has, one for each way. */
const SERIALS = { claim: "SN-CLAIM", trusted: "SN-TRUSTED", own: "SN-OWN", vending: "SN-VENDING" } as const;
/** With a prefix that Espressif has. */
const macOf = (board: number): string => `7C:DF:A1:A3:50:0${board}`;
const TOKEN = "demo-token";
const YEAR_MS = 365 * 86_400_000;

/**
 * An account with a template, an authority whose certificates register themselves, and a vending machine that knows a
 * board. In this folder stand its root, a claim, a device's own certificate, and the list of boards for `npm run factory`.
 * @param name of 127.0.0.1
 */
export async function openDemo(
  folder: string,
  log: (line: string) => void,
  name = ENDPOINT,
): Promise<{ aws: MockAws; text: string; seen: ReturnType<typeof watchDevices> }> {
  const aws = new MockAws({ endpoint: name, serverKey: "ec", log });
  aws.putPolicy("claim", claimPolicy);
  aws.putPolicy("device", devicePolicy);
  aws.putPolicy(OBSERVER, observerPolicy);
  aws.putTemplate(TEMPLATE, template);
  const claim = await aws.createCertificate(["claim"]);
  mkdirSync(folder, { recursive: true });
  const write = (file: string, content: string): void => {
    const path = join(folder, file);
    writeFileSync(path, content, { mode: 0o600 });
    chmodSync(path, 0o600);
  };
  write("root.pem", aws.rootPem);
  write("claim.pem", claim.certificatePem);
  write("claim.key", claim.privateKey);
  const observer = await aws.createCertificate([OBSERVER]);
  write("observer.pem", observer.certificatePem);
  write("observer.key", observer.privateKey);
  const times = { notAfterMs: Date.now() + 10 * YEAR_MS };
  const authority = makeCertificate({ subject: "Demo Device CA", isAuthority: true, ...times });
  const own = makeCertificate({ subject: SERIALS.own, issuer: authority, keyType: "ec", ...times });
  aws.registerCa(authority.der, { template: ownTemplate });
  write("device.pem", pem(own, authority));
  write("device.key", keyPem(own));
  aws.addVendingDevice({ dialect: "awslabs", serial: SERIALS.vending, token: TOKEN });
  const seen = watchDevices(aws, (clientId) => !clientId.startsWith(OBSERVER));
  await aws.start();
  const endpoint = `${name}:${aws.mqttPort}`;
  const machine = aws.httpsUrl.replace("127.0.0.1", ENDPOINT);
  write(
    "boards.csv",
    `serial_number,mac_address,url,claim_cert,claim_key,device_cert,device_key,device_token
${SERIALS.claim},${macOf(1)},mqtts://${endpoint}/${TEMPLATE},claim.pem,claim.key,,,
${SERIALS.trusted},${macOf(2)},,,,,,
${SERIALS.own},${macOf(3)},mqtts://${endpoint}/,,,device.pem,device.key,
${SERIALS.vending},${macOf(4)},${machine}/Prod/getcert#${endpoint},,,,,${TOKEN}
`,
  );
  const files = ["--cafile root.pem", "--cert observer.pem", "--key observer.key"];
  const access = [`-h ${name} -p ${aws.mqttPort}`, ...files.map((file) => file.replace(" ", ` ${folder}/`))].join(" ");
  const text = `
AWS IoT

  Endpoint             ${name}, port ${aws.mqttPort}, or ${aws.alpnPort} with ALPN
  Template             ${TEMPLATE}, which needs SerialNumber
  Root, claim, its key ${folder}: root.pem, claim.pem, claim.key
  Claims for five minutes, vending machines
                       ${aws.httpsUrl}
  Boards, each way     ${folder}/boards.csv, for npm run factory
  Watch all messages   mosquitto_sub ${access} -i observer -v -t 'devices/#'
  Send a command       mosquitto_pub ${access} -i observer-2 -t devices/NAME/control -m '{"cmd":"ping"}'
`;
  return { aws, text, seen };
}
