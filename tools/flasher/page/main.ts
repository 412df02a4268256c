/** Puts the page together. */
import { en } from "../en.js";
import { failed } from "../failure.js";
import { MANIFEST, type ReadFile } from "../release.js";
import { type Event, next, start } from "../state.js";
import type { Texts } from "../texts.js";
import { zhCn } from "../zh-cn.js";
import { Controller } from "./controller.js";
import { button, byId, input, save } from "./dom.js";
import { LabelCard } from "./label-card.js";
import { RecordForm } from "./record-form.js";
import { render, renderLabels } from "./view.js";

const languages: Readonly<Record<string, Texts>> = { en, "zh-CN": zhCn };
/** Beside this page: what `npm run flasher` serves there, or whoever puts the page on a server. */
const FOLDER = "release/";
/** Who has scrolled up by more than this reads, and is left there. */
const LINE_PIXELS = 40;
const MOST_PIECES = 2000;

let language = navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
let state = start;
const texts = () => languages[language] ?? en;

function dispatch(event: Event): void {
  state = next(state, event);
  render(state, texts());
}

/** @param whole what is kept of the log: after many pieces it is shown anew, without what is too old */
function print(fresh: string, whole: string): void {
  const log = byId("log");
  const follows = log.scrollHeight - log.scrollTop - log.clientHeight < LINE_PIXELS;
  if (log.childNodes.length < MOST_PIECES) log.append(fresh);
  else log.textContent = whole;
  if (follows) log.scrollTop = log.scrollHeight;
}

async function fetchFile(path: string): Promise<Uint8Array | undefined> {
  try {
    const response = await fetch(FOLDER + path, { cache: "no-cache" });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}

/** Files are chosen without their folders. Choosing the same ones again is a choice, too: they may have changed. */
function chosenFiles(): ReadFile {
  const files = [...(input("release-files").files ?? [])];
  input("release-files").value = "";
  return async (path) => {
    const file = files.find(({ name }) => name === path.split("/").at(-1));
    return file && new Uint8Array(await file.arrayBuffer());
  };
}

function speak(chosen: string): void {
  language = chosen;
  renderLabels(language, texts());
  label.translate(texts());
  for (const one of document.querySelectorAll<HTMLElement>("#languages button"))
    one.setAttribute("aria-pressed", String(one.lang === language));
  render(state, texts());
}

/** Or hides it. */
function showPassword(): void {
  const field = input("wifi-password");
  const isShown = field.type === "text";
  field.type = isShown ? "password" : "text";
  button("show-password").setAttribute("aria-pressed", String(!isShown));
}

for (const [tag, { name }] of Object.entries(languages)) {
  const choice = document.createElement("button");
  Object.assign(choice, { type: "button", lang: tag, textContent: name });
  choice.addEventListener("click", () => speak(tag));
  byId("languages").append(choice);
}
const form = new RecordForm();
const label = new LabelCard();
speak(language);

if ("serial" in navigator) {
  const { serial } = navigator;
  const controller = new Controller({ serial, form, label, texts, state: () => state, dispatch, print });
  const actions = ["connect", "disconnect", "flash", "listen", "stop", "restart", "join", "reset"] as const;
  for (const name of actions) button(name).addEventListener("click", () => void controller[name]());
  button("show-password").addEventListener("click", showPassword);
  button("save-log").addEventListener("click", () => save("console.log", "text/plain", byId("log").textContent ?? ""));
  input("release-files").addEventListener("change", () => void controller.load(chosenFiles()));
  const beside = await fetchFile(MANIFEST);
  if (beside) await controller.load(fetchFile);
} else {
  dispatch({ type: "failed", failure: failed("no-web-serial").failure, stays: false });
  for (const control of document.querySelectorAll<HTMLButtonElement>("main button, main input"))
    control.disabled = true;
}
