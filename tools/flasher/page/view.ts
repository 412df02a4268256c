/** The state on the page. */
import { allowed, failureOf, type Phase, type State } from "../state.js";
import type { Labels, Texts } from "../texts.js";
import { button, byId } from "./dom.js";

/** Parts that need the board or the port, and when. */
const buttons = ["connect", "disconnect", "flash", "reset", "listen", "restart", "join"] as const;

export function renderLabels(language: string, texts: Texts): void {
  document.documentElement.lang = language;
  document.title = texts.labels.title;
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]"))
    element.textContent = texts.labels[element.dataset.text as keyof Labels];
}

export function render(state: State, texts: Texts): void {
  const may = allowed(state);
  for (const name of buttons) button(name).disabled = !may[name];
  button("stop").disabled = !may.restart;
  button("disconnect").hidden = !may.disconnect;
  for (const element of document.querySelectorAll<HTMLInputElement>("main input")) element.disabled = !may.choose;
  renderFailure(state, texts);
  renderStatus(state, texts);
  renderBoard(state.phase, texts);
  renderRelease(state, texts);
  renderProgress(state.phase, texts);
  renderWiFi(state.phase, texts);
  // Who pressed a button that now rests would begin at the top again.
  if (document.activeElement?.matches(":disabled, [hidden]")) byId("status").focus({ preventScroll: true });
}

function renderFailure(state: State, texts: Texts): void {
  const failure = failureOf(state);
  const box = byId("failure");
  const advice = failure && texts.failures[failure.reason];
  set(box.querySelector(".what"), advice?.what(failure?.detail ?? "") ?? "");
  set(box.querySelector(".next"), advice?.next ?? "");
  box.hidden = !advice;
}

/** What is read out: each step, not each block. */
function renderStatus({ phase, success }: State, texts: Texts): void {
  const said = { flashed: texts.flashed, reset: texts.resetDone };
  const start = phase.name === "listening" && phase.start ? texts.starts[phase.start] : "";
  const steps = {
    idle: "",
    connecting: texts.connecting,
    ready: texts.connected,
    writing: texts.writing(undefined),
    listening: texts.listening,
  };
  const status = byId("status");
  set(status, (success ? said[success] : steps[phase.name]) + start);
  status.classList.toggle("good", success !== undefined);
}

function renderWiFi(phase: Phase, texts: Texts): void {
  byId("wifi").hidden = phase.name !== "listening";
  const wifi = phase.name === "listening" ? phase.wifi : undefined;
  const said = wifi?.name === "refused" ? texts.wifi.refused[wifi.why] : wifi && texts.wifi[wifi.name];
  set(byId("wifi-said"), said ?? "");
  const url = wifi?.name === "given" ? wifi.url : undefined;
  // Nothing but a page: it is the word of a board that may be anybody's.
  const page = url !== undefined && /^https?:\/\//.test(url) ? url : "";
  const link = byId<HTMLAnchorElement>("wifi-link");
  link.hidden = page === "";
  link.href = page;
  link.textContent = page;
}

function renderBoard(phase: Phase, texts: Texts): void {
  const found = phase.name === "ready" || phase.name === "writing" ? phase : undefined;
  byId("facts").hidden = !found;
  byId("layout").hidden = !found;
  if (!found) return;
  const { chip, mac, flashSizeBytes, layout } = found.board;
  byId("chip").textContent = chip;
  byId("mac").textContent = mac;
  byId("flash-size").textContent = `${flashSizeBytes / 1024 / 1024} MB`;
  byId("serial-on-board").textContent = found.serial ?? texts.noRecord;
  byId("layout").textContent = texts.layouts[layout];
}

function renderRelease({ release: state, failure }: State, texts: Texts): void {
  const release = state.name === "checked" ? state.release : undefined;
  byId("release").textContent = release ? `${release.name} ${release.version}` : "";
  byId("release").hidden = !release;
  const notes = { none: texts.noRelease, checking: texts.checking, checked: texts.checked };
  // A browser that cannot flash has not looked.
  byId("release-note").textContent = failure?.reason === "no-web-serial" ? "" : notes[state.name];
  byId("parts").hidden = !release;
  const rows = (release?.parts ?? []).map(({ path, offset, sizeBytes }) => {
    const row = document.createElement("tr");
    const cells = [path, `0x${offset.toString(16)}`, texts.bytes(sizeBytes)];
    row.append(
      ...cells.map((text, index) => {
        const cell = document.createElement("td");
        cell.textContent = text;
        if (index > 0) cell.className = index === 1 ? "address" : "number";
        return cell;
      }),
    );
    return row;
  });
  document.querySelector("#parts tbody")?.replaceChildren(...rows);
}

function renderProgress(phase: Phase, texts: Texts): void {
  const isWriting = phase.name === "writing";
  byId("progress").hidden = !isWriting;
  if (!isWriting) return;
  const { progress } = phase;
  const bar = document.querySelector<HTMLProgressElement>("#progress progress");
  if (bar) bar.value = progress ? progress.doneBytes / progress.totalBytes : 0;
  byId("progress-text").textContent = texts.writing(progress);
}

/** A live region is read out each time that it is set. */
function set(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}
