import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as z from "zod";

const SCRIPT = fileURLToPath(new URL("./worker.mjs", import.meta.url));
/** What Lambda's own start of Node gives a function of 256 MB: nine tenths for objects, a twentieth for young ones. */
const HEAP = ["--expose-gc", "--max-old-space-size=231", "--max-semi-space-size=12"];

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

export interface Worked {
  /** The last invocation's answer. */
  readonly answer: unknown;
  /** CPU time of the whole process, its compiler and garbage collector included. */
  readonly microseconds: number;
  /** Resident bytes after each invocation. */
  readonly rss: readonly number[];
  /** The most resident bytes that the process has had at any time. */
  readonly peak: number;
  /** Bytes of the heap that are still in use at the end, where they were asked for. */
  readonly inUse: number | null;
}

/** A bundle in a process of its own. */
export class Worker {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(bundle: string, environment: Readonly<Record<string, string>>): Promise<Worker> {
    const child = fork(SCRIPT, [pathToFileURL(bundle).href], {
      env: { ...environment },
      execArgv: HEAP,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => Promise.reject(new Error(`${bundle} does not start`))),
    ]);
    return new Worker(child);
  }

  /**
   * Invokes the handler with each event in turn, and so again, `times` in all. Throws what the handler threw.
   * @param collect garbage is collected at the end, and what is left told.
   */
  async run(events: readonly unknown[], times = 1, collect = false): Promise<Worked> {
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
