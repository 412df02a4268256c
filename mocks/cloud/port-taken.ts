/** A port that was asked for is in use. `which` tells the servers apart. */
export class PortTakenError extends Error {
  readonly which: "http" | "https" | "mqtt";
  readonly port: number;

  constructor(which: "http" | "https" | "mqtt", port: number) {
    super(`Port ${port} is in use. Choose another one.`);
    this.name = "PortTakenError";
    this.which = which;
    this.port = port;
  }
}

/** As a port that is taken, where that is what Node means. */
export function rethrow(error: unknown, which: "http" | "https" | "mqtt", port: number): never {
  const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  throw taken ? new PortTakenError(which, port) : error;
}
