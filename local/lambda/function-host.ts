import { randomBytes, randomUUID } from "node:crypto";
import type { FunctionResource } from "../template/functions.ts";
import { Instance, type InstanceOptions } from "./instance.ts";
import { failed, type Invoked } from "./invocation.ts";

/** How many processes a function may have where the template says nothing: enough for one machine. */
const DEFAULT_CONCURRENCY = 10;

export interface FunctionHostOptions extends Omit<InstanceOptions, "memoryMb" | "onExit"> {
  readonly resource: FunctionResource;
  /** The most event sources may ask for at once, which has to fit beside everything else. */
  readonly concurrency?: number;
}

/** A function and its processes: they are started on demand, reused while they live, the latest used first. */
export class FunctionHost {
  readonly resource: FunctionResource;
  readonly #options: FunctionHostOptions;
  readonly #limit: number;
  readonly #instances = new Set<Instance>();
  #idle: Instance[] = [];
  #queue: (() => void)[] = [];
  #stopped = false;

  constructor(options: FunctionHostOptions) {
    this.#options = options;
    this.resource = options.resource;
    this.#limit =
      options.resource.reservedConcurrency ?? Math.max(DEFAULT_CONCURRENCY, options.concurrency ?? 0);
  }

  get pids(): readonly number[] {
    return [...this.#instances].flatMap(({ pid }) => pid ?? []);
  }

  /** Invokes the function, waiting for a free process where all are busy. Never throws. */
  async invoke(event: unknown): Promise<Invoked> {
    const instance = await this.#acquire();
    if (!instance) return failed("Stack.Stopped", "the stack is stopping");
    const invoked = await instance.invoke({
      requestId: randomUUID(),
      traceId: `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`,
      functionArn: this.resource.arn,
      event,
      timeoutSeconds: this.resource.timeoutSeconds,
    });
    if (instance.usable) this.#idle.push(instance);
    this.#queue.shift()?.();
    if (invoked.kind === "error")
      this.#options.log(`${invoked.error.errorType}: ${invoked.error.errorMessage}`);
    return invoked;
  }

  /** Ends all processes with SIGKILL, wherever they are, and answers how many there were once they are gone. */
  async kill(): Promise<number> {
    const doomed = [...this.#instances];
    this.#idle = [];
    await Promise.all(doomed.map((instance) => instance.kill()));
    return doomed.length;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const wake of this.#queue.splice(0)) wake();
    await this.kill();
  }

  async #acquire(): Promise<Instance | null> {
    for (;;) {
      if (this.#stopped) return null;
      const idle = this.#idle.pop();
      if (idle) return idle;
      if (this.#instances.size < this.#limit) return this.#start();
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
  }

  async #start(): Promise<Instance> {
    const instance = new Instance({
      ...this.#options,
      memoryMb: this.resource.memoryMb,
      onExit: () => {
        this.#instances.delete(instance);
        this.#idle = this.#idle.filter((other) => other !== instance);
        this.#queue.shift()?.();
      },
    });
    this.#instances.add(instance);
    await instance.start();
    return instance;
  }
}
