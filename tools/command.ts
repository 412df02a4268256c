/** What all commands have in common: `--help`, and a sentence where another program would show its stack. */

/** What is wrong with the arguments; ends with code 2, and the usage behind it. */
export class UsageError extends Error {}

/**
 * Runs a command. Its end by an error is code 1 and the error's message, which is written for a person.
 * @param usage what `--help` prints
 * @param run gets the arguments
 */
export async function command(usage: string, run: (args: string[]) => unknown): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    process.stdout.write(usage);
    return;
  }
  try {
    await run(args);
  } catch (error) {
    const isUsage = error instanceof UsageError || codeOf(error)?.startsWith("ERR_PARSE_ARGS");
    process.stderr.write(`${sentenceOf(error)}\n${isUsage ? `\n${usage}` : ""}`);
    process.exitCode = isUsage ? 2 : 1;
  }
}

/** Node's own errors name a system call and no remedy. */
export function sentenceOf(error: unknown): string {
  const { message, path, port } = error as NodeJS.ErrnoException & { port?: number };
  switch (codeOf(error)) {
    case "ENOENT":
      return path ? `${path}: there is no such file.` : message;
    case "EISDIR":
      return `${path ?? "This"} is a folder; a file is needed.`;
    case "ENOTDIR":
    case "EEXIST":
      return `${path ?? "This"} is a file; a folder is needed.`;
    case "EACCES":
    case "EPERM":
      return path ? `${path} may not be opened: see who owns it.` : message;
    case "EADDRINUSE":
      return `Port ${port} is in use.`;
    default:
      return message;
  }
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : undefined;
}
