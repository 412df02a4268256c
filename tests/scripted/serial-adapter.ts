/** In place of `modules/console/serial-adapter` in bare XS: its console is the engine's, which `trace` has. */
export const openPorts = (): boolean => false;
export const writeText = (_text: string): boolean => false;
export const sendBytes = (_bytes: Uint8Array): void => {};
export const nextRequest = (): undefined => undefined;
