import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { createErrorResult, type Invocation, type InvocationResult, RuntimeApi } from "./runtime-api.ts";

const BOOTSTRAP = fileURLToPath(new URL("./bootstrap.mjs", import.meta.url));
/** Lambda's time limit for the start of a function. */
const INIT_TIME_LIMIT_MS = 10_000;
/** The part of the function's memory that Node's heap may use. Node itself needs the rest of the memory. */
const HEAP_FRACTION = 0.9;

export interface InstanceOptions {
  readonly memoryMb: number;
  readonly taskRoot: string;
  environment(runtimeApi: string, instanceName: string): Readonly<Record<string, string>>;
  /** Receives each line that the process writes. */
  log(line: string): void;
  /** This function is called after the process has ended for any reason. */
  onExit(): void;
}

/** One process of a function. A process runs one invocation at a time, like an execution environment of Lambda. */
export class Instance {
  readonly name = randomUUID().slice(0, 8);
  readonly #options: InstanceOptions;
  readonly #api: RuntimeApi;
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | undefined;
  #current: { invocation: Invocation; resolve: (result: InvocationResult) => void } | null = null;
  /** The error that ended the process, or null if the stack does not know the error. */
  #fatalError: InvocationResult | null = null;
  #hasExited = false;
  #isKilled = false;
  readonly #exit = Promise.withResolvers<void>();

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.#api = new RuntimeApi({
      onReady: () => clearTimeout(this.#timer),
      onStarted: () => this.#startTimeLimit(),
      onResult: (result) => this.#resolveCurrent(result),
      onInitError: (error) => {
        this.#fatalError = { kind: "error", error };
      },
    });
  }

  /** True if the process of this instance can run another invocation. */
  get isUsable(): boolean {
    return !this.#isKilled && !this.#hasExited;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  async start(): Promise<void> {
    const runtimeApi = await this.#api.listen();
    if (this.#hasExited) return;
    const { memoryMb, taskRoot, environment, log } = this.#options;
    const heapLimit = `--max-old-space-size=${Math.floor(memoryMb * HEAP_FRACTION)}`;
    const child = spawn(process.execPath, [heapLimit, BOOTSTRAP], {
      cwd: taskRoot,
      env: environment(runtimeApi, this.name),
      stdio: ["pipe", "pipe", "pipe"],
      // A function in its own process group does not receive Ctrl-C, so the stack can stop its functions in order.
      detached: true,
    });
    this.#child = child;
    child.once("exit", (code, signal) => this.#onExit(code, signal));
    child.once("error", () => this.#onExit(null, null));
    child.stdin.on("error", () => {});
    readLines(child.stdout, log);
    readLines(child.stderr, log);
    this.#killAfter(INIT_TIME_LIMIT_MS, `the start took more than ${INIT_TIME_LIMIT_MS / 1000} s`);
  }

  /**
   * Runs one invocation and returns the result. Only one invocation at a time is allowed. If the process ends early,
   * the result is an error. `invoke` never throws.
   */
  invoke(invocation: Invocation): Promise<InvocationResult> {
    return new Promise((resolve) => {
      this.#current = { invocation, resolve };
      if (this.#hasExited)
        this.#resolveCurrent(
          this.#fatalError ?? createErrorResult("Runtime.ExitError", "the process has ended"),
        );
      else this.#api.invoke(invocation);
    });
  }

  /**
   * Ends the process with SIGKILL and waits until the process has ended. The running invocation gets `cause` as its
   * result.
   */
  kill(cause: InvocationResult | null = null): Promise<void> {
    this.#fatalError ??= cause;
    this.#isKilled = true;
    if (this.#child) this.#child.kill("SIGKILL");
    else this.#onExit(null, "SIGKILL");
    return this.#exit.promise;
  }

  #startTimeLimit(): void {
    const { requestId, timeoutSeconds } = this.#current?.invocation ?? { requestId: "", timeoutSeconds: 0 };
    const message = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
    this.#killAfter(timeoutSeconds * 1000, message);
  }

  #killAfter(timeLimitMs: number, message: string): void {
    this.#timer = setTimeout(
      () => void this.kill(createErrorResult("Sandbox.Timedout", message)),
      timeLimitMs,
    );
  }

  #resolveCurrent(result: InvocationResult): void {
    clearTimeout(this.#timer);
    const current = this.#current;
    this.#current = null;
    current?.resolve(result);
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#api.close();
    const status = signal ? `signal ${signal}` : `exit status ${code}`;
    this.#resolveCurrent(
      this.#fatalError ?? createErrorResult("Runtime.ExitError", `the function's process ended: ${status}`),
    );
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
