/** What a phone does with the captive page: reads it, fills in its form, and watches the trial. */
import type { TrialStatus } from "../softap/model.js";

/** Oftener than the page's script: tests do not want to wait. */
const POLL_MS = 200;

/** Sends the page's form with these fields filled in. 303: they are being tried; 422: the page says what is wrong. */
export async function sendForm(portalUrl: string, fields: Record<string, string>, path = ""): Promise<Response> {
  const page = await readPage(portalUrl);
  const token = /name="token" value="([0-9a-f]+)"/.exec(page)?.[1];
  if (!token) throw new Error("there is no form on the page");
  const body = new URLSearchParams({ token, ...fields });
  return fetch(new URL(path, portalUrl), { method: "POST", body, redirect: "manual" });
}

/** Asks again where the access point is away for a moment. */
export async function readPage(url: string, timeoutMs = 5_000): Promise<string> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (Date.now() > endMs) throw error;
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }
}

/** Polls as the page does, through the time in which the access point is away. @throws when it takes longer */
export async function watchTrial(
  portalUrl: string,
  phases: readonly TrialStatus["phase"][],
  timeoutMs: number,
): Promise<TrialStatus> {
  const endMs = Date.now() + timeoutMs;
  for (let last = "nothing"; ; ) {
    const status = await readStatus(portalUrl);
    if (status && phases.includes(status.phase)) return status;
    last = status ? JSON.stringify(status) : last;
    if (Date.now() > endMs) throw new Error(`${timeoutMs} ms without ${phases.join(" or ")}; the page says ${last}`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

async function readStatus(portalUrl: string): Promise<TrialStatus | undefined> {
  try {
    const headers = { accept: "application/json" };
    const signal = AbortSignal.timeout(3_000);
    return (await (await fetch(new URL("status", portalUrl), { headers, signal })).json()) as TrialStatus;
  } catch {
    return undefined; // out of reach for a moment
  }
}
