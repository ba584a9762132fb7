import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as z from "zod";

const SCRIPT = fileURLToPath(new URL("./worker.mjs", import.meta.url));
const DEFAULT_MEMORY_MEGABYTES = 256;

/**
 * Returns the Node.js options that Lambda uses. The old generation of the V8 heap gets 90 % of the memory, and each
 * half of the young generation gets 5 %.
 */
const createNodeOptions = (memoryMegabytes: number) => [
  "--expose-gc",
  `--max-old-space-size=${Math.ceil(memoryMegabytes * 0.9)}`,
  `--max-semi-space-size=${Math.floor(memoryMegabytes * 0.05)}`,
];

const Reply = z.union([
  z.object({
    answer: z.unknown(),
    microseconds: z.number(),
    rss: z.array(z.number()),
    peak: z.number(),
    inUse: z.number().nullable(),
  }),
  z.object({ fault: z.string() }),
]);

interface WorkerResult {
  /** The result of the handler's last invocation. */
  readonly answer: unknown;
  /** The CPU time of the whole process, including the compiler and the garbage collector. */
  readonly microseconds: number;
  /** The resident memory in bytes after each invocation. */
  readonly rss: readonly number[];
  /** The maximum resident memory in bytes during the whole run. */
  readonly peak: number;
  /**
   * The used heap after a garbage collection, in bytes. `inUse` is null if the caller did not request a garbage
   * collection.
   */
  readonly inUse: number | null;
}

/** A process that calls the handler of a bundle. */
export class Worker {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(
    bundle: string,
    environment: Readonly<Record<string, string>>,
    memoryMegabytes = DEFAULT_MEMORY_MEGABYTES,
  ): Promise<Worker> {
    const child = fork(SCRIPT, [pathToFileURL(bundle).href], {
      env: { ...environment },
      execArgv: createNodeOptions(memoryMegabytes),
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => Promise.reject(new Error(`${bundle} does not start`))),
    ]);
    return new Worker(child);
  }

  /**
   * Invokes the handler with all events, one after another.
   * @param times how often the handler gets the list of events.
   * @param collect true if a garbage collection ends the run and the result contains the heap in use.
   * @throws Error if the handler throws an error.
   */
  async run(events: readonly unknown[], times = 1, collect = false): Promise<WorkerResult> {
    const answered = once(this.#child, "message");
    this.#child.send({ events, times, collect });
    const reply = Reply.parse((await answered)[0]);
    if ("fault" in reply) throw new Error(`the handler threw: ${reply.fault}`);
    return reply;
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.disconnect();
    await gone;
  }
}
