import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { createErrorResult, type Invocation, type InvocationResult, RuntimeApi } from "./runtime-api.ts";

const BOOTSTRAP = fileURLToPath(new URL("./bootstrap.mjs", import.meta.url));
/** The time, in milliseconds, that Lambda gives a process to start. */
const INIT_TIME_LIMIT_MS = 10_000;
/**
 * The fraction of a function's memory that the heap of Node.js may use. A Lambda function also needs memory outside of
 * the Node.js heap.
 */
const HEAP_FRACTION = 0.9;
/** Lambda's names of the signals that usually end a function's process. */
const SIGNAL_TEXTS: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: "aborted",
  SIGKILL: "killed",
  SIGSEGV: "segmentation fault",
};

export interface InstanceOptions {
  readonly memoryMb: number;
  readonly taskRoot: string;
  environment(runtimeApi: string, instanceName: string): Readonly<Record<string, string>>;
  /** `log` receives each output line of the function's process. */
  log(line: string): void;
  /** Called after the function's process has ended for any reason. */
  onExit(): void;
}

/**
 * One process of a local Lambda function. The process runs one invocation at a time, in the same way as an execution
 * environment of Lambda.
 */
export class Instance {
  readonly name = randomUUID().slice(0, 8);
  readonly #options: InstanceOptions;
  readonly #api: RuntimeApi;
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | undefined;
  #current: { invocation: Invocation; resolve: (result: InvocationResult) => void } | null = null;
  /** The error that ended the function's process, or null if no error is known. */
  #fatalError: InvocationResult | null = null;
  /** The reason why the function's process ended, or null while the process runs. */
  #exitCause: string | null = null;
  #isKilled = false;
  readonly #exit = Promise.withResolvers<void>();
  readonly #initialized = Promise.withResolvers<void>();

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.#api = new RuntimeApi({
      onReady: () => {
        clearTimeout(this.#timer);
        this.#initialized.resolve();
      },
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

  get #hasExited(): boolean {
    return this.#exitCause !== null;
  }

  /** The folder with the code of the function instance. */
  get taskRoot(): string {
    return this.#options.taskRoot;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** A promise that resolves when the process is ready for its first invocation, or when the process has ended. */
  get initialized(): Promise<void> {
    return this.#initialized.promise;
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
      // The process has its own process group, so that Ctrl-C does not end the process. After Ctrl-C, the local stack
      // itself stops the functions at the right time.
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
   * Runs one invocation of the function and returns its result. Each call of `invoke` must wait for the result of the
   * previous call. If the process ends during the invocation, the result is an error. The promise of `invoke` never
   * rejects.
   */
  invoke(invocation: Invocation): Promise<InvocationResult> {
    return new Promise((resolve) => {
      this.#current = { invocation, resolve };
      if (this.#hasExited) this.#resolveCurrent(this.#fatalError ?? this.#exitError());
      else this.#api.invoke(invocation);
    });
  }

  /** Ends the function's process with SIGKILL and waits for its end. A running invocation gets the result `cause`. */
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

  /** Returns the error that Lambda reports if the process ends during an invocation and has not reported an error. */
  #exitError(): InvocationResult {
    const requestId = this.#current?.invocation.requestId ?? "";
    return createErrorResult("Runtime.ExitError", `RequestId: ${requestId} Error: ${this.#exitCause}`);
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#hasExited) return;
    this.#exitCause = exitCause(code, signal);
    this.#api.close();
    this.#resolveCurrent(this.#fatalError ?? this.#exitError());
    this.#options.onExit();
    this.#initialized.resolve();
    this.#exit.resolve();
  }
}

/** Returns Lambda's error text for a process that has ended. */
function exitCause(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === 0) return "Runtime exited without providing a reason";
  const status = signal ? `signal: ${SIGNAL_TEXTS[signal] ?? signal}` : `exit status ${code}`;
  return `Runtime exited with error: ${status}`;
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
