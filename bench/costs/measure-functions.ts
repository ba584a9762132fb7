import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as z from "zod";
import { startBenchEnvironment } from "../support/bench-environment.ts";
import { createQueueEvent } from "../support/events.ts";
import { findPackagedFunction, type Packaged } from "../support/package.ts";
import { renderClusterJob } from "../support/sample-jobs.ts";
import type { WireRequest } from "../support/wire.ts";
import { createSubmitEvent, readBodiesSentTo } from "../work/workloads.ts";

const LOG_WRAPPER = fileURLToPath(new URL("./log-to-file.mjs", import.meta.url));
/** The bytes that CloudWatch Logs adds to the size of each log line. */
const LINE_OVERHEAD_BYTES = 26;

/**
 * The log data and the SQS requests of one invocation with one job, poll or notification. The first invocation of a
 * process is not measured.
 */
export interface InvocationUse {
  readonly logBytes: number;
  /** The number of requests with which the function sends messages to SQS. */
  readonly sends: number;
}

interface FunctionsUse {
  readonly invocations: Readonly<
    Record<"accept" | "poll" | "lastPoll" | "notification" | "sweep" | "discover" | "audit", InvocationUse>
  >;
  /**
   * For each function, the number of SSM parameters that are decrypted when an instance of the function starts. The
   * measured config has one project and one target.
   */
  readonly decryptions: Readonly<Record<string, number>>;
}

const ConfigRequest = z.object({
  Names: z.array(z.string()).optional(),
  Path: z.string().optional(),
  WithDecryption: z.boolean(),
});

/** Runs the packaged functions, and counts their log bytes and requests. */
export async function measureFunctions(packaged: Packaged): Promise<FunctionsUse> {
  const bench = await startBenchEnvironment(packaged);
  const { wire } = bench;
  const logFile = join(packaged.workDir, "function.log");
  const decryptions: Record<string, number> = {};

  async function start(name: string) {
    const FUNCTION_URL = pathToFileURL(findPackagedFunction(packaged, name).file).href;
    const worker = await bench.startBundle(LOG_WRAPPER, { FUNCTION_URL, LOG_FILE: logFile });
    return {
      stop: () => worker.stop(),
      async run(
        event: object,
      ): Promise<{ readonly use: InvocationUse; readonly requests: readonly WireRequest[] }> {
        await rm(logFile, { force: true });
        wire.clear();
        await worker.run([event]);
        const requests = wire.requests;
        decryptions[name] = Math.max(decryptions[name] ?? 0, countDecryptions(requests, wire.config));
        const sends = requests.filter(({ operation }) => operation === "SendMessageBatch").length;
        const logBytes = countLogBytes(await readFile(logFile, "utf8").catch(() => ""));
        return { use: { logBytes, sends }, requests };
      },
    };
  }

  try {
    const enqueue = await start("enqueue");
    const poll = await start("poll");
    const notify = await start("notify");
    // The first job is not measured, because the functions read the config during this job.
    const jobs = [];
    for (const name of ["first", "measured"]) {
      wire.job = (jobId) => renderClusterJob(jobId, "Running");
      const accept = await enqueue.run(createSubmitEvent(1, name));
      const first = await poll.run(createQueueEvent(readBodiesSentTo(accept.requests, "poll")));
      const next = await poll.run(createQueueEvent(readBodiesSentTo(first.requests, "poll")));
      wire.job = (jobId) => renderClusterJob(jobId, "Failed");
      const lastPoll = await poll.run(createQueueEvent(readBodiesSentTo(next.requests, "poll")));
      const notification = await notify.run(createQueueEvent(readBodiesSentTo(lastPoll.requests, "notify")));
      jobs.push({
        accept: accept.use,
        poll: next.use,
        lastPoll: lastPoll.use,
        notification: notification.use,
      });
    }
    await Promise.all([enqueue.stop(), poll.stop(), notify.stop()]);
    const scheduled: Record<string, InvocationUse> = {};
    for (const name of ["sweep", "discover", "audit"]) {
      const worker = await start(name);
      await worker.run({});
      scheduled[name] = (await worker.run({})).use;
      await worker.stop();
    }
    const [, job] = jobs;
    const { sweep, discover, audit } = scheduled;
    if (job === undefined || sweep === undefined || discover === undefined || audit === undefined)
      throw new Error("A function was not measured.");
    return { invocations: { ...job, sweep, discover, audit }, decryptions };
  } finally {
    await bench.stop();
  }
}

/**
 * Returns the size of the log lines in bytes. With the settings in serverless.yml, Lambda writes no log lines of its
 * own for a successful invocation.
 */
export function countLogBytes(log: string): number {
  const lines = log.split("\n").filter((line) => line !== "");
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + LINE_OVERHEAD_BYTES, 0);
}

/**
 * Returns the number of SSM parameters that SSM decrypts for the given requests. SSM sends one request to KMS for each
 * decrypted parameter.
 */
function countDecryptions(
  requests: readonly WireRequest[],
  config: readonly { readonly name: string }[],
): number {
  return requests
    .filter(({ service }) => service === "config")
    .map(({ body }) => ConfigRequest.parse(JSON.parse(body)))
    .filter(({ WithDecryption }) => WithDecryption)
    .flatMap(({ Names = [], Path }) =>
      config.filter(({ name }) =>
        Path === undefined
          ? Names.some((wanted) => wanted.endsWith(`/${name}`))
          : `/${name}`.startsWith(`/${Path.split("/").slice(3).join("/")}/`),
      ),
    ).length;
}
