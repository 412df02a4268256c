/* The page works without this: it makes what stands there live. `language` and `texts` are the build's (tools/page.ts). */
/* global language, texts */
addEventListener("DOMContentLoaded", () => {
  const POLL_MS = 1000;
  const TIMEOUT_MS = 3000;
  // The phone may lose the access point for some seconds while it changes its channel.
  const QUIET_MISSES = 2;
  const MAX_SCAN_POLLS = 30;
  const PRESENCE_MS = 30000;

  const query = `?lang=${language}`;
  const byId = (id) => document.getElementById(id);
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const pause = () => new Promise((done) => setTimeout(done, POLL_MS));
  const { ssid, password, pem } = byId("form")?.elements ?? {};
  const unchanged = password?.placeholder;

  async function ask(path, options) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      return await (await fetch(path + query, { cache: "no-store", signal: abort.signal, ...options })).text();
    } catch {
      return "";
    } finally {
      clearTimeout(timer);
    }
  }

  // A name that is no UTF-8 comes with an escape for each byte. Browsers know GBK, the device does not.
  function shown(name) {
    if (!/\\x[89a-f]/.test(name)) return name;
    const bytes = unescape(name.replaceAll("\\x", "%"));
    return new TextDecoder("gbk").decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt()));
  }

  // Only what changed is put in: a live region is read out each time. False where the answer is somebody else's.
  function swap(region, html) {
    const fresh = make("template", { innerHTML: html }).content.firstElementChild;
    if (fresh?.id !== region.id) return false;
    if (region.innerHTML !== fresh.innerHTML) region.innerHTML = fresh.innerHTML;
    Object.assign(region.dataset, fresh.dataset);
    return true;
  }

  async function watch(status) {
    const is = (phases) => phases.includes(status.dataset.phase);
    if (!is("trying activating")) return;
    for (let misses = 0; is("trying activating"); ) {
      await pause();
      misses = swap(status, await ask("/status")) ? 0 : misses + 1;
      const message = misses > QUIET_MISSES ? texts.reconnecting : "";
      const connection = byId("connection");
      if (connection.textContent !== message) connection.textContent = message;
    }
    // A navigation, not a fetch: iOS looks anew whether it is online, and offers "Done".
    if (is("done")) location.replace(`/done${query}`);
    else status.focus();
  }

  function choose(name, next) {
    ssid.value = name;
    password.value = "";
    password.placeholder = name === ssid.defaultValue ? unchanged : "";
    next.focus();
  }

  function list(networks) {
    const names = networks.querySelector("ul");
    for (const item of names.children) {
      const button = make("button", { type: "button", className: item.className });
      const name = item.firstElementChild.textContent;
      item.firstElementChild.textContent = shown(name);
      const next = item.className.includes("open") ? byId("submit") : password;
      button.onclick = () => choose(name, next);
      button.append(...item.childNodes);
      item.className = "";
      item.append(button);
    }
    const other = make("li");
    other.append(make("button", { type: "button", textContent: texts.other, onclick: () => choose("", ssid) }));
    names.append(other);
  }

  async function follow(networks) {
    let last;
    for (let polls = 0; "scanning" in networks.dataset && polls < MAX_SCAN_POLLS; polls++) {
      await pause();
      const html = await ask("/networks");
      if (html === last || !html.startsWith('<div id="networks"')) continue;
      last = html;
      delete networks.dataset.scanning;
      swap(networks, html);
      list(networks);
    }
    delete networks.dataset.scanning;
  }

  function refresh(networks, button) {
    button.onclick = async (event) => {
      event.preventDefault();
      if ("scanning" in networks.dataset) return;
      networks.dataset.scanning = "";
      const body = new URLSearchParams({ token: byId("form").elements.token.value });
      await ask("/scan", { method: "POST", body, redirect: "manual" });
      follow(networks);
    };
  }

  function showPassword(button) {
    button.hidden = false;
    button.onclick = () => {
      const shown = password.type === "password";
      password.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", shown);
    };
  }

  // Choosing files breaks the sheets that phones open by themselves: iOS' has no "Safari/", Android's says "; wv".
  function chooseFiles(hint) {
    if (!/Safari\/|Firefox\//.test(navigator.userAgent) || navigator.userAgent.includes("; wv")) return;
    const input = make("input", { type: "file", multiple: true });
    input.onchange = async () => {
      pem.value = (await Promise.all([...input.files].map((file) => new Response(file).text()))).join("\n");
    };
    const label = make("label", { textContent: texts.chooseFile });
    label.append(input);
    hint.replaceWith(label);
  }

  // Somebody who types for long asks for nothing: the device must not take the radio away meanwhile.
  let told = 0;
  function stillHere() {
    if (Date.now() - told < PRESENCE_MS) return;
    told = Date.now();
    ask("/status");
  }

  watch(byId("status"));
  if (!ssid) return;
  byId("form").oninput = stillHere;
  list(byId("networks"));
  follow(byId("networks"));
  refresh(byId("networks"), byId("refresh"));
  showPassword(byId("show"));
  chooseFiles(byId("file-hint"));
  document.querySelector("[aria-invalid]")?.focus();
  byId("form").onsubmit = () => {
    // Where no answer comes it can be pressed again.
    byId("submit").disabled = true;
    setTimeout(() => {
      byId("submit").disabled = false;
    }, 9000);
  };
});
