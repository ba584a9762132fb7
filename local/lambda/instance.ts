import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { failed, type Invocation, type Invoked } from "./invocation.ts";
import { RuntimeApi } from "./runtime-api.ts";

const BOOTSTRAP = fileURLToPath(new URL("./bootstrap.mjs", import.meta.url));
/** Lambda gives a function's start this long. */
const INIT_LIMIT_MS = 10_000;
/** The part of a function's memory that Node may fill with objects; the rest is for Node itself. */
const HEAP_SHARE = 0.9;

export interface InstanceOptions {
  readonly memoryMb: number;
  readonly taskRoot: string;
  environment(runtimeApi: string, instance: string): Readonly<Record<string, string>>;
  /** Takes what the process writes. */
  log(line: string): void;
  /** The process is gone, for whatever reason. */
  onExit(): void;
}

/** One process of a function, which handles one invocation at a time, as an execution environment of Lambda does. */
export class Instance {
  readonly name = randomUUID().slice(0, 8);
  readonly #options: InstanceOptions;
  readonly #api: RuntimeApi;
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | undefined;
  #current: { invocation: Invocation; settle: (invoked: Invoked) => void } | null = null;
  #why: Invoked | null = null;
  #gone = false;
  #doomed = false;
  readonly #exit = Promise.withResolvers<void>();

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.#api = new RuntimeApi({
      ready: () => clearTimeout(this.#timer),
      started: () => this.#startClock(),
      finished: (invoked) => this.#settle(invoked),
      initFailed: (error) => {
        this.#why = { kind: "error", error };
      },
    });
  }

  /** Whether it may be given another invocation. */
  get usable(): boolean {
    return !this.#doomed && !this.#gone;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  async start(): Promise<void> {
    const address = await this.#api.listen();
    if (this.#gone) return;
    const { memoryMb, taskRoot, environment, log } = this.#options;
    const heap = `--max-old-space-size=${Math.floor(memoryMb * HEAP_SHARE)}`;
    const child = spawn(process.execPath, [heap, BOOTSTRAP], {
      cwd: taskRoot,
      env: environment(address, this.name),
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own: Ctrl-C in the terminal is for the stack, which then ends its functions in order.
      detached: true,
    });
    this.#child = child;
    child.once("exit", (code, signal) => this.#exited(code, signal));
    child.once("error", () => this.#exited(null, null));
    child.stdin.on("error", () => {});
    readLines(child.stdout, log);
    readLines(child.stderr, log);
    this.#timer = setTimeout(
      () =>
        void this.kill(
          failed("Sandbox.Timedout", `the function took more than ${INIT_LIMIT_MS / 1000} s to start`),
        ),
      INIT_LIMIT_MS,
    );
  }

  /** Runs one invocation; only while there is no other. Never throws: every end of the process is an outcome. */
  invoke(invocation: Invocation): Promise<Invoked> {
    return new Promise((settle) => {
      this.#current = { invocation, settle };
      if (this.#gone) this.#settle(this.#why ?? failed("Runtime.ExitError", "the process is gone"));
      else this.#api.hand(invocation);
    });
  }

  /** Ends the process with SIGKILL and waits until it is gone; an invocation it was at fails as `why` says. */
  kill(why: Invoked | null = null): Promise<void> {
    this.#why ??= why;
    this.#doomed = true;
    if (this.#child) this.#child.kill("SIGKILL");
    else this.#exited(null, "SIGKILL");
    return this.#exit.promise;
  }

  #startClock(): void {
    const { requestId, timeoutSeconds } = this.#current?.invocation ?? { requestId: "", timeoutSeconds: 0 };
    this.#timer = setTimeout(
      () =>
        void this.kill(
          failed(
            "Sandbox.Timedout",
            `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
          ),
        ),
      timeoutSeconds * 1000,
    );
  }

  #settle(invoked: Invoked): void {
    clearTimeout(this.#timer);
    const current = this.#current;
    this.#current = null;
    current?.settle(invoked);
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#api.close();
    const how = signal ? `signal: ${signal}` : `exit status ${code}`;
    this.#settle(this.#why ?? failed("Runtime.ExitError", `the function's process ended: ${how}`));
    this.#options.onExit();
    this.#exit.resolve();
  }
}

function readLines(stream: Readable, log: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) log(line);
  });
  stream.once("end", () => rest !== "" && log(rest));
}
