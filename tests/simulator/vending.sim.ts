import { afterEach, expect, test } from "vitest";
import { MockAws } from "../../mocks/aws/aws.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import type { Simulator } from "../../tools/simulator.js";
import { FACTORY, HALF, openApp, Watch } from "./app.js";
import { TLS_STACK_LIMIT_SLOTS } from "./budgets.js";
import { loopbackName } from "./loopback-name.js";

const TOKEN = "secret-token-0123456789";
let aws: MockAws;
let simulator: Simulator;

afterEach(async () => {
  await simulator?.stop();
  await aws?.stop();
});

/** With RSA the account's servers send four certificates, two of which nobody needs. */
test.each(["rsa", "ec"] as const)(
  "from a blank board to messages with a certificate that a vending machine has sold (%s)",
  async (serverKey) => {
    const memory = HALF;
    const endpoint = await loopbackName();
    aws = new MockAws({ endpoint, serverKey });
    aws.addVendingDevice({ dialect: "awslabs", serial: FACTORY.serial, token: TOKEN });
    const messages: string[] = [];
    const refusals: string[] = [];
    aws.onEvent((event) => {
      if (event.type === "message") messages.push(event.topic);
      if (event.type === "refused") refusals.push(event.why);
    });
    await aws.start();
    const app = await openApp();
    simulator = app.simulator;
    const watch = new Watch(simulator);
    await simulator.start();
    await watch.untilState("portal");
    const form = {
      ...{ ssid: "baja", password: "simulated" },
      url: `${aws.httpsUrl}/Prod/getcert#${endpoint}:${aws.mqttPort}`,
    };
    // The authority fits into the field alone; without a token the machine is not asked.
    expect((await sendForm(app.portal, { ...form, pem: aws.rootPem })).status).toBe(303);
    expect(await watchTrial(app.portal, ["failed"], 30_000)).toMatchObject({ failure: { reason: "no-identity" } });
    // As large as a document becomes: a claim goes beside the token, and its key is held against it.
    const { certificatePem, privateKey } = await aws.createCertificate([]);
    const expiration = Math.round(Date.now() / 1000) + 300;
    const document = JSON.stringify({ certificatePem, privateKey, expiration, deviceToken: TOKEN });
    expect((await sendForm(app.portal, { ...form, pem: document })).status).toBe(303);
    await watchTrial(app.portal, ["done"], 60_000);
    await watch.untilState("online");
    await watch.until("messages", () => messages.length > 3);
    const alive = await watch.settledHeap();
    console.log(JSON.stringify({ memory, alive: { "online with a certificate": alive }, stack: watch.mostStackSlots }));
    expect(watch.mostStackSlots).toBeLessThan(TLS_STACK_LIMIT_SLOTS);
    expect(refusals).toEqual([]);
    expect(aws.certificates.filter(({ origin }) => origin === "vending")).toHaveLength(1);

    // Power off and on: straight to the endpoint, and nothing is bought.
    const before = messages.length;
    await simulator.powerCycle();
    await watch.untilState("online", 2);
    await watch.until("messages", () => messages.length > before + 1);
    expect(aws.certificates.filter(({ origin }) => origin === "vending")).toHaveLength(1);
    expect(watch.lines.join("\n")).not.toMatch(new RegExp(`${TOKEN}|-----BEGIN`));
    expect(watch.aborts).toEqual([]);
  },
  // Two builds, three handshakes with a certificate, and as many without.
  300_000,
);
