// Runs programs of this repository one after the other in this process. `startProgramHost` starts this process.
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import * as z from "zod";

/** A program to run. */
const Program = z.strictObject({
  file: z.string(),
  parameters: z.array(z.string()),
  env: z.record(z.string(), z.string()),
});
type Program = z.infer<typeof Program>;

/**
 * The time in which a program must close its open resources, such as servers and timers. In a process of its own, an
 * open resource would prevent the end of the process.
 */
const CLOSE_TIME_LIMIT_MS = Number(process.argv[2]);
const PAUSE_MS = 5;

/** The error that stops a program when it calls `process.exit`. */
class ProgramExit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit status ${code}`);
    this.code = code;
  }
}

const { execPath } = process;
const exit = process.exit.bind(process);
// A program may have left a resource open.
process.once("disconnect", () => exit());
const inherited = { ...process.env };
const output = { stdout: "", stderr: "" };
for (const name of ["stdout", "stderr"] as const)
  process[name].write = (chunk: string | Uint8Array, ...more: unknown[]) => {
    output[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    const callback = more.at(-1);
    if (typeof callback === "function") callback();
    return true;
  };
process.exit = (code) => {
  throw new ProgramExit(Number(code ?? process.exitCode ?? 0));
};
// The event emitters to which programs add handlers.
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0);

let programs = 0;

/** The programs that the command `cce-notifier` imports to run them. */
const IMPORTED_PROGRAM = /\/client\/cce-notifier\.ts$|\/local\/ops\/(config|doctor|link|redrive|token)\.ts$/;
// Node.js runs a module only once per URL, so each run imports these programs by a new URL.
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return IMPORTED_PROGRAM.test(resolved.url)
      ? { ...resolved, url: `${resolved.url}?program=${programs}` }
      : resolved;
  },
});

async function run({ file, parameters, env }: Program) {
  Object.assign(output, { stdout: "", stderr: "" });
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, inherited, env);
  process.argv = [execPath, resolve(file), ...parameters];
  process.exitCode = undefined;
  const before = process.getActiveResourcesInfo();
  programs += 1;
  try {
    await import(`${pathToFileURL(resolve(file)).href}?program=${programs}`);
  } catch (error) {
    // `process.exit` also ends a process with open resources.
    if (error instanceof ProgramExit) return { ...output, code: error.code, open: [] };
    output.stderr += inspect(error);
    process.exitCode = 1;
  }
  const open = await listOpenResources(before);
  return { ...output, code: Number(process.exitCode ?? 0), open };
}

/** Returns the kinds of the open resources that were not open before the program started. */
async function listOpenResources(before: readonly string[]): Promise<readonly string[]> {
  const deadline = Date.now() + CLOSE_TIME_LIMIT_MS;
  for (;;) {
    await setTimeout(PAUSE_MS);
    const open = process.getActiveResourcesInfo();
    for (const kind of before) if (open.includes(kind)) open.splice(open.indexOf(kind), 1);
    if (open.length === 0 || Date.now() > deadline) return open;
  }
}

process.on("message", async (message) => {
  process.send?.(await run(Program.parse(message)));
});
