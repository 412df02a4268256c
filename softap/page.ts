/** The captive page: one document with everything in it, readable and usable without JavaScript. */
import type { SettingsErrors, SettingsField } from "../modules/settings/settings.js";
import type { Network } from "../modules/wifi/wifi.js";
import { escapeHtml } from "./form.js";

export interface PageModel {
  /** What the fields show; never a password. */
  readonly ssid: string;
  readonly url: string;
  /** An empty password field keeps a stored password. */
  readonly hasPassword: boolean;
  readonly networks: readonly Network[];
  readonly errors: SettingsErrors;
  /** Why the last try did not work. */
  readonly notice: string | undefined;
  readonly facts: Readonly<Record<string, string>>;
}

const STYLE = `:root{color-scheme:light dark;--line:#8886;--accent:#0b6bcb;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--accent:#7ab8ff;--bad:#ff8a80}}
*{box-sizing:border-box}body{overflow-wrap:anywhere;font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:28rem}
h1{font-size:1.4rem;margin:.5rem 0}label{display:block;font-weight:600;margin-bottom:.25rem}form>div{margin:1rem 0}
input{font:inherit;width:100%;padding:.65rem;border:1px solid #767676;border-radius:.5rem;min-height:44px}
::placeholder{color:inherit;opacity:.7}[aria-invalid]{border-color:var(--bad)}:focus-visible{outline:3px solid var(--accent);outline-offset:1px}
button{font:inherit;min-height:44px;border-radius:.5rem;border:1px solid var(--line);background:none;color:inherit;cursor:pointer}
button[type=submit]{width:100%;background:var(--accent);border:0;color:#fff;font-weight:600}
@media(prefers-color-scheme:dark){button[type=submit]{color:#001b33}}
.nets{list-style:none;margin:.5rem 0;padding:0;border:1px solid var(--line);border-radius:.5rem;overflow:hidden}
.nets li+li{border-top:1px solid var(--line)}.nets button{display:flex;gap:.5rem;width:100%;border:0;border-radius:0;padding:.5rem .75rem;text-align:left;align-items:center}
.nets b{flex:1;font-weight:400}.nets small{opacity:.75}.nets button:focus-visible{outline-offset:-3px}
.bad{color:var(--bad);margin:.25rem 0 0}.note{border-left:4px solid var(--bad);padding:.25rem .75rem;margin:1rem 0}
.row{display:flex;gap:.5rem}.row button{flex:none;padding:0 .75rem}dl{display:grid;grid-template-columns:auto 1fr;gap:0 .75rem;font-size:.85rem;opacity:.8}dd{margin:0}`;

/** Makes the list clickable and the password visible; the form needs none of it. */
const SCRIPT = `var f=document.forms[0];document.querySelectorAll('.nets button').forEach(function(b){b.onclick=function(){f.ssid.value=b.dataset.ssid;f.password.value=f.password.placeholder='';f.password.focus()}});
var s=document.getElementById('show');s.hidden=false;s.onclick=function(){var h=f.password.type=='password';f.password.type=h?'text':'password';s.setAttribute('aria-pressed',h)};
var b=f.querySelector('[type=submit]');f.onsubmit=function(){b.disabled=true;setTimeout(function(){b.disabled=false},9e3)};
var e=f.querySelector('[aria-invalid]');if(e)e.focus()`;

export function renderPage(model: PageModel): string {
  const { networks, errors, notice, facts } = model;
  return page(
    "Set up this device",
    `<h1>Set up this device</h1>
${notice ? `<p class="note" role="status">${escapeHtml(notice)}</p>` : ""}<form method="post" action="/">
<div>${label("ssid", "Wi-Fi network")}${networkList(networks)}
<input ${attributes("ssid", errors)} value="${escapeHtml(model.ssid)}" list="networks" placeholder="${networks.length ? "choose above or type a name" : "its name"}" autocomplete="off" autocapitalize="none" spellcheck="false" required>
<datalist id="networks">${networks.map(({ ssid }) => `<option value="${escapeHtml(ssid)}">`).join("")}</datalist>${error("ssid", errors)}</div>
<div>${label("password", "Wi-Fi password")}<div class="row"><input ${attributes("password", errors)} type="password" autocomplete="off" maxlength="64"${model.hasPassword ? ' placeholder="unchanged"' : ""}>
<button type="button" id="show" aria-pressed="false" hidden>Show</button></div>${error("password", errors)}</div>
<div>${label("url", "Provisioning address")}<input ${attributes("url", errors)} value="${escapeHtml(model.url)}" inputmode="url" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="http://provision.example.com" required>${error("url", errors)}</div>
<button type="submit">Save and connect</button></form>
<dl>${Object.entries(facts)
      .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`)
      .join("")}</dl><script>${SCRIPT}</script>`,
  );
}

export function renderSaved(ssid: string, url: string): string {
  return page(
    "Saved",
    `<h1>Saved</h1><p role="status">The device restarts, joins <strong>${escapeHtml(ssid)}</strong> and asks
<strong>${escapeHtml(url)}</strong> for its settings. This network goes away.</p>
<p>If it comes back, something did not work: join it again, and this page tells what.</p>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,"><title>${title}</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;
}

function networkList(networks: readonly Network[]): string {
  if (!networks.length) return "";
  const items = networks.map(({ ssid, rssi, secured }) => {
    const name = escapeHtml(ssid);
    return `<li><button type="button" data-ssid="${name}"><b>${name}</b><small>${secured ? "" : "open, "}${signal(rssi)}</small></button></li>`;
  });
  return `<ul class="nets" aria-label="Networks in range">${items.join("")}</ul><noscript><style>.nets{display:none}</style></noscript>`;
}

/** In words: they need no picture and no colour. */
function signal(rssi: number): string {
  if (rssi >= -60) return "strong";
  return rssi >= -75 ? "good" : "weak";
}

function label(field: SettingsField, text: string): string {
  return `<label for="${field}">${text}</label>`;
}

function attributes(field: SettingsField, errors: SettingsErrors): string {
  return `id="${field}" name="${field}"${errors[field] ? ` aria-invalid="true" aria-describedby="${field}-error"` : ""}`;
}

function error(field: SettingsField, errors: SettingsErrors): string {
  const text = errors[field];
  return text ? `<p class="bad" id="${field}-error">${escapeHtml(text)}</p>` : "";
}
