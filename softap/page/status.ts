/** The trial of the settings, as a person follows it. */

import type { Failure } from "../../modules/base/failure.js";
import type { ShownCode } from "../../provisioning/protocol.js";
import { escapeHtml } from "../form.js";
import { type PageModel, TRIAL_STEPS, type TrialStatus, type TrialStep } from "../model.js";
import type { Texts } from "./texts.js";

/** What the page shows of itself beside the trial. */
export type Around = Pick<PageModel, "nextUrl" | "locked">;

/** @param query `?lang=…` */
export function statusFragment(trial: TrialStatus, texts: Texts, query: string, around: Around): string {
  const { nextUrl, locked } = around;
  const reason = "failure" in trial && trial.failure ? trial.failure.reason : "";
  const moving = nextUrl ? `<p>${texts.moving(link(nextUrl))}</p>` : "";
  const shown = stateOf(trial, texts) + (locked ? "" : rest(trial, texts, query));
  return `<div id="status" role="status" tabindex="-1" data-phase="${trial.phase}" data-reason="${reason}">${shown}${moving}</div>`;
}

/** What everybody may see. */
function stateOf(trial: TrialStatus, texts: Texts): string {
  switch (trial.phase) {
    case "idle":
      return trial.failure ? heading(texts.failedBefore) + mishap(trial.failure, texts) : "";
    case "trying":
      return heading(texts.trying(name(trial.ssid))) + steps(trial.done, "now", texts);
    case "failed":
      return heading(texts.failed(name(trial.ssid))) + steps(trial.done, "bad", texts) + mishap(trial.failure, texts);
    case "activating":
      return heading(texts.activating) + activation(trial.shown, texts) + note(texts.activatingNote);
    case "done": {
      const accepted = trial.activated ? `<p>${texts.activated}</p>` : "";
      return `${heading(texts.done)}${accepted}<p>${texts.doneNote(name(trial.ssid))}</p>`;
    }
  }
}

/** The address, and what leads to a change. */
function rest(trial: TrialStatus, texts: Texts, query: string): string {
  if (trial.phase === "idle") return "";
  const address = note(`${texts.url}: ${escapeHtml(trial.url)}`);
  switch (trial.phase) {
    case "trying":
      return address + note(texts.tryingNote) + change(texts, query);
    case "failed":
      return (
        address +
        note(texts.correct) +
        (trial.kept ? note(texts.keptNote) : note(texts.keepNote) + button("/keep", query, texts.keep))
      );
    case "activating":
      return address + change(texts, query);
    case "done":
      return address;
  }
}

function steps(done: readonly TrialStep[], atFirstOther: "now" | "bad", texts: Texts): string {
  let next: "now" | "bad" | "next" = atFirstOther;
  const items = TRIAL_STEPS.map((step) => {
    const state = done.includes(step) ? "done" : next;
    if (state !== "done") next = "next";
    return `<li class="${state}">${texts.steps[step]}<small>${texts.stepStates[state]}</small></li>`;
  });
  return `<ol>${items.join("")}</ol>`;
}

function mishap({ reason, detail }: Failure, texts: Texts): string {
  return `<p class="bad">${texts.advice(reason)}${detail ? ` (${escapeHtml(detail)})` : ""}</p>`;
}

function activation({ code, message, url }: ShownCode, texts: Texts): string {
  const groups = (/^\w+$/.test(code) ? code.match(code.length % 3 ? /.{1,4}/g : /.{3}/g) : null) ?? [code];
  const shownCode = `<p class="code">${groups.map((group) => `<span>${escapeHtml(group)}</span>`).join("")}</p>`;
  return (
    shownCode + (url ? `<p>${texts.activateAt(link(url))}</p>` : "") + (message ? `<p>${escapeHtml(message)}</p>` : "")
  );
}

/** The service's word: what is no web address does not become a link. */
function link(url: string): string {
  const text = escapeHtml(url);
  return /^https?:\/\//i.test(url) ? `<a href="${text}" rel="noreferrer">${text}</a>` : `<bdi>${text}</bdi>`;
}

function heading(markup: string): string {
  return `<h2>${markup}</h2>`;
}

function note(markup: string): string {
  return `<p class="dim">${markup}</p>`;
}

/** To the page with its form open, which does not reload itself. */
function change(texts: Texts, query: string): string {
  return `<a class="link" href="/${query}&amp;change#form">${texts.change}</a>`;
}

/** Of the form that holds the token alone. */
function button(action: string, query: string, text: string): string {
  return `<button form="other" formaction="${action}${query}">${text}</button>`;
}

/** Somebody else's: its direction and its spaces stay its own. */
export function name(ssid: string): string {
  return `<bdi>${escapeHtml(ssid)}</bdi>`;
}
