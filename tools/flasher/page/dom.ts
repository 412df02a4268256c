import type { Question } from "../texts.js";

/** An element of index.html. @throws where there is none: a mistake of this page */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element as T;
}

export const input = (id: string) => byId<HTMLInputElement>(id);
export const button = (id: string) => byId<HTMLButtonElement>(id);

/** Hands a file to the person. */
export function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** @returns whether the person said yes; Escape says no */
export function ask({ title, text, yes }: Question): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>("question");
  byId("question-title").textContent = title;
  byId("question-text").textContent = text;
  button("question-yes").textContent = yes;
  button("question-yes").onclick = () => dialog.close("yes");
  button("question-no").onclick = () => dialog.close("no");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}
