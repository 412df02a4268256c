/** What the device's code takes for granted, in the engine of tests/xs. */

/** The engine's worker gives these beside the language. */
declare const print: (text: string) => void;
declare const gc: () => void;

Object.assign(globalThis, { trace: (...parts: unknown[]) => print(parts.join("").trimEnd()) });
// The SDK's XS has these; the worker's has not.
Object.assign(ArrayBuffer, { fromString: encode });
Object.assign(String, { fromArrayBuffer: (bytes: ArrayBuffer) => new TextDecoder().decode(bytes) });

export function encode(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer as ArrayBuffer;
}

export function collectGarbage(): void {
  gc();
}

/** @param handle what a command of the harness, in words, is answered with: a text, or what will have it when nothing waits */
export function answerCommands(handle: (...words: string[]) => string | { readonly result: ArrayBuffer }): void {
  const handleCommand = (message: ArrayBuffer) => {
    const answer = handle(...new TextDecoder().decode(message).split(" "));
    return typeof answer === "string" ? encode(answer) : answer;
  };
  Object.assign(globalThis, { handleCommand });
}
