import { escapeHtml } from "./text.js";

/** A form that was refused: it comes back with what was typed into it and the member that was wrong. */
export interface Typed {
  readonly form: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly wrong: string | null;
}

/** What a RangeError of a command says begins with the member that is wrong. */
export function refusedForm(form: string, fields: Readonly<Record<string, string>>, { message }: Error): Typed {
  const [member] = message.split(":", 1);
  return { form, fields, wrong: member !== undefined && Object.hasOwn(fields, member) ? member : null };
}

/** The notice above says what is wrong with the field. */
export const wrongField = ' aria-invalid="true" aria-errormessage="notice"';

/** What was typed into this field of this form, or `usual`. */
export function typedText(typed: Typed | null, form: string, name: string, usual = ""): string {
  const fields = typed?.form === form ? typed.fields : {};
  return (Object.hasOwn(fields, name) ? fields[name] : undefined) ?? usual;
}

export function wrongMark(typed: Typed | null, form: string, name: string): string {
  return typed?.form === form && typed.wrong === name ? wrongField : "";
}

/** The attributes of an input with a text: what it holds, and whether that is wrong. */
export function value(typed: Typed | null, form: string, name: string, usual = ""): string {
  return ` value="${escapeHtml(typedText(typed, form, name, usual))}"${wrongMark(typed, form, name)}`;
}

/** `chosen`: as text. */
export function select(
  attributes: string,
  values: readonly (string | number | boolean)[],
  chosen: string,
  names: Readonly<Record<string, string>> = {},
): string {
  const option = (one: string | number | boolean) =>
    `<option value="${one}"${String(one) === chosen ? " selected" : ""}>${names[String(one)] ?? one}</option>`;
  return `<select ${attributes}>${values.map(option).join("")}</select>`;
}
