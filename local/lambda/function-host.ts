import { randomBytes, randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import type { FunctionResource } from "../template/functions.ts";
import type { ConcurrencyPool } from "./concurrency-pool.ts";
import { Instance, type InstanceOptions } from "./instance.ts";
import { createErrorResult, type InvocationResult } from "./runtime-api.ts";

/**
 * The largest number of processes for a function that has no event source. AWS itself has no limit of 10 processes for
 * one function. The limit of 10 processes protects the developer's machine. If all 10 processes are busy, an invocation
 * waits for a free process.
 */
const DEFAULT_MAX_INSTANCES = 10;

/** The folder with the code of a function, and the environment variables of its processes. */
export type FunctionCode = Pick<InstanceOptions, "taskRoot" | "environment">;

interface FunctionHostOptions extends FunctionCode, Pick<InstanceOptions, "log"> {
  readonly resource: FunctionResource;
  /** The concurrent executions of all functions of the account. */
  readonly pool: ConcurrencyPool;
  /**
   * The number of invocations that the function's event sources can start at the same time. The local stack allows at
   * least this number of processes for the function.
   */
  readonly eventSourceConcurrency?: number;
  /**
   * The largest number of processes of the function that start at the same time. The default is one less than the number
   * of processors, and at least 1: each start needs a whole processor, the stack itself needs one too, and other
   * processes can become free during the starts.
   */
  readonly maxStartingInstances?: number;
}

/**
 * A local Lambda function and its processes. The free process that was used last gets the next invocation. An
 * invocation without a free process starts a new process. If too many processes start or run already, the invocation
 * waits until a process is free or can start.
 */
export class FunctionHost {
  readonly resource: FunctionResource;
  readonly #options: FunctionHostOptions;
  readonly #maxInstances: number;
  readonly #maxStartingInstances: number;
  readonly #instances = new Set<Instance>();
  #code: FunctionCode;
  #idle: Instance[] = [];
  #startingCount = 0;
  /** The invocations that wait for a process. Each item is a function that continues one of these invocations. */
  #waiting: (() => void)[] = [];
  #isStopped = false;

  constructor(options: FunctionHostOptions) {
    this.#options = options;
    this.#code = options;
    this.resource = options.resource;
    this.#maxInstances = Math.max(DEFAULT_MAX_INSTANCES, options.eventSourceConcurrency ?? 0);
    this.#maxStartingInstances = options.maxStartingInstances ?? Math.max(1, availableParallelism() - 1);
  }

  get pids(): readonly number[] {
    return [...this.#instances].flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Invokes the function. An invocation is throttled if the function or the account has reached its limit. If all
   * processes of the function are busy, the invocation waits. If the function fails, the error is part of the result.
   */
  async invoke(event: unknown): Promise<InvocationResult> {
    const release = this.#options.pool.tryAcquire(this.resource);
    return release === null ? { kind: "throttled" } : this.#run(event).finally(release);
  }

  async #run(event: unknown): Promise<InvocationResult> {
    const instance = await this.#acquire();
    if (!instance) return createErrorResult("Stack.Stopped", "the stack is stopping");
    const result = await instance.invoke({
      requestId: randomUUID(),
      traceId: createTraceId(Date.now()),
      functionArn: this.resource.arn,
      event,
      timeoutSeconds: this.resource.timeoutSeconds,
    });
    if (instance.taskRoot !== this.#code.taskRoot) await instance.kill();
    if (instance.isUsable) this.#idle.push(instance);
    this.#waiting.shift()?.();
    if (result.kind === "error") this.#options.log(`${result.error.errorType}: ${result.error.errorMessage}`);
    return result;
  }

  /**
   * Ends all processes of the function with SIGKILL, and waits until the processes have ended. Returns how many
   * processes have ended.
   */
  async kill(): Promise<number> {
    const killed = [...this.#instances];
    this.#idle = [];
    await Promise.all(killed.map((instance) => instance.kill()));
    return killed.length;
  }

  /**
   * Replaces the code of the function for later invocations. A running invocation keeps the code with which it started,
   * as on AWS.
   */
  async replaceCode(code: FunctionCode): Promise<void> {
    this.#code = code;
    await Promise.all(this.#idle.splice(0).map((instance) => instance.kill()));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const resume of this.#waiting.splice(0)) resume();
    await this.kill();
  }

  async #acquire(): Promise<Instance | null> {
    for (;;) {
      if (this.#isStopped) return null;
      const idle = this.#idle.pop();
      if (idle) return idle;
      if (this.#instances.size < this.#maxInstances && this.#startingCount < this.#maxStartingInstances)
        return this.#start();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #start(): Promise<Instance> {
    const instance = new Instance({
      ...this.#code,
      log: this.#options.log,
      memoryMb: this.resource.memoryMb,
      onExit: () => {
        this.#instances.delete(instance);
        this.#idle = this.#idle.filter((other) => other !== instance);
        this.#waiting.shift()?.();
      },
    });
    this.#instances.add(instance);
    this.#startingCount += 1;
    void instance.initialized.then(() => {
      this.#startingCount -= 1;
      this.#waiting.shift()?.();
    });
    await instance.start();
    return instance;
  }
}

/** Returns a trace ID in the format of AWS X-Ray. */
export function createTraceId(atMs: number): string {
  return `Root=1-${Math.floor(atMs / 1000).toString(16)}-${randomBytes(12).toString("hex")}`;
}
