/**
 * What a trusted user's app does (AWS IoT fleet provisioning by trusted user): asks the account for a claim, which counts
 * for five minutes, and hands it over to the device's captive page with the Wi-Fi.
 */
import { request } from "node:https";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import type { TrialStatus } from "../../softap/model.js";

export interface HandOverOptions {
  /** Where CreateProvisioningClaim is asked for: the mock account, which wants no signature of the request. */
  readonly accountUrl: string;
  /** Of the account and of the endpoint, PEM; undefined: the public ones. The device gets it, too. */
  readonly authorityPem?: string | undefined;
  readonly endpoint: string;
  readonly templateName: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly portalUrl: string;
  readonly ssid: string;
  readonly password: string;
}

/** CreateProvisioningClaim's answer, and where it is for. Secret: it holds a key. */
export interface HandOver {
  readonly certificateId: string;
  /** Seconds since 1970. */
  readonly expiration: number;
}

const ACCOUNT_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** @throws with a sentence for a person */
export async function fetchClaim(options: HandOverOptions): Promise<HandOver> {
  const { accountUrl, authorityPem, endpoint, templateName, parameters } = options;
  const path = `/provisioning-templates/${encodeURIComponent(templateName)}/provisioning-claim`;
  const { status, body } = await post(new URL(path, accountUrl), authorityPem);
  const claim = asJson(body);
  if (status !== 200) throw new Error(`the account says ${status}: ${String(claim.message ?? body).slice(0, 200)}`);
  return { ...claim, endpoint, templateName, parameters } as unknown as HandOver;
}

/** Sends everything with the page's form. @throws where the page finds a mistake */
export async function handOver(options: HandOverOptions, claim: HandOver): Promise<void> {
  const { authorityPem, portalUrl, ssid, password } = options;
  // One field for both: what comes first is there for what follows.
  for (const pem of [...(authorityPem ? [authorityPem] : []), JSON.stringify(claim)]) {
    const reply = await sendForm(portalUrl, { ssid, password, url: `mqtts://${options.endpoint}`, pem });
    if (reply.status !== 303) throw new Error(`the page refuses it: ${mistakesOn(await reply.text())}`);
  }
}

/** Until it is known whether it works. */
export function watch({ portalUrl }: HandOverOptions, timeoutMs: number): Promise<TrialStatus> {
  return watchTrial(portalUrl, ["done", "failed"], timeoutMs);
}

/** What the page says beside its fields. */
function mistakesOn(page: string): string {
  const said = [...page.matchAll(/<p class="bad"[^>]*>([^<]*)/g)].map(([, text]) => text!.replaceAll("&#39;", "'"));
  return said.join(" ") || "nobody knows why";
}

function asJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Error("the account's answer is no JSON");
}

function post(url: URL, authorityPem: string | undefined): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const ca = authorityPem && { ca: authorityPem };
    const outgoing = request(url, { method: "POST", agent: false, ...ca }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        body += part;
        if (body.length > MAX_ANSWER_BYTES) outgoing.destroy(new Error("the account's answer is too long"));
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    outgoing.setTimeout(ACCOUNT_TIMEOUT_MS, () => outgoing.destroy(new Error("the account does not answer")));
    outgoing.on("error", (error) => reject(new Error(`${url.origin}: ${error.message}`)));
    outgoing.end();
  });
}
