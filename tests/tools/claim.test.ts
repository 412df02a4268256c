/** The app of a trusted user, with the mock account on one side and a scripted captive page on the other. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { parseCertificates } from "../../provisioning/certificates.js";
import { fetchClaim, type HandOverOptions, handOver } from "../../tools/claim/claim.js";
import { openAws, TEMPLATE } from "../aws/support.js";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Takes forms, and answers with this status. */
async function page(status = 303, text = ""): Promise<{ portalUrl: string; sent: URLSearchParams[] }> {
  const sent: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    if (request.method === "GET") return response.end('<input name="token" value="0123">');
    sent.push(new URLSearchParams(await bodyOf(request)));
    response.writeHead(status, { location: "/" }).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  open.push(() => server.close());
  return { portalUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sent };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request) body += part;
  return body;
}

async function optionsFor(portalUrl: string, change: Partial<HandOverOptions> = {}): Promise<HandOverOptions> {
  const { aws } = await openAws();
  return {
    accountUrl: aws.httpsUrl,
    authorityPem: aws.rootPem,
    endpoint: aws.endpoint,
    templateName: TEMPLATE,
    parameters: { DeviceLocation: "Seattle" },
    ssid: "Home",
    password: "a-wifi-password",
    ...{ portalUrl, ...change },
  };
}

test("what the account gives is what the device understands, and the authority comes before it", async () => {
  const { portalUrl, sent } = await page();
  const options = await optionsFor(portalUrl);
  await handOver(options, await fetchClaim(options));
  expect(sent.map((fields) => [fields.get("ssid"), fields.get("password"), fields.get("token")])).toEqual(
    Array(2).fill(["Home", "a-wifi-password", "0123"]),
  );
  const [first, second] = sent.map((fields) => parseCertificates(fields.get("pem")!, 0));
  expect(first).toMatchObject({ authorities: [expect.any(String)] });
  expect(second).toMatchObject({
    claim: { expiresMs: expect.any(Number) },
    url: `mqtts://${options.endpoint}/${TEMPLATE}?DeviceLocation=Seattle`,
  });
});

test("who has no authority of his own sends the claim alone", async () => {
  const { portalUrl, sent } = await page();
  const options = await optionsFor(portalUrl);
  await handOver({ ...options, authorityPem: undefined }, await fetchClaim(options));
  expect(sent).toHaveLength(1);
});

test("a template that there is not, an account that nobody trusts, an account that is not there", async () => {
  const options = await optionsFor("http://127.0.0.1:9/");
  await expect(fetchClaim({ ...options, templateName: "none" })).rejects.toThrow("the account says 404: The prov");
  await expect(fetchClaim({ ...options, authorityPem: undefined })).rejects.toThrow(/certificate/);
  await expect(fetchClaim({ ...options, accountUrl: "https://127.0.0.1:9" })).rejects.toThrow("ECONNREFUSED");
});

test("what the page says is wrong is told, and no key is", async () => {
  const { portalUrl } = await page(422, '<p class="bad" id="pem-error">This device&#39;s clock is wrong.</p>');
  const options = await optionsFor(portalUrl);
  const claim = await fetchClaim(options);
  await expect(handOver(options, claim)).rejects.toThrow("the page refuses it: This device's clock is wrong.");
});
