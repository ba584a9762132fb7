import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  createServerFixture,
  PROJECT_ID,
  type RunningServer,
  startServer,
} from "../test/server/start-server.ts";
import { createLimitTarget, median, roundToThreeDigits, type Target } from "./support/figures.ts";

const BUILD = fileURLToPath(new URL("../client/build.mjs", import.meta.url));
const COMMAND = fileURLToPath(new URL("../build/cce-notifier.mjs", import.meta.url));
const JOBS_PER_CALL = 100;
/** The duration of each simulated job in seconds. No job ends while the bench measures. */
const JOB_SECONDS = 3600;
/**
 * The service polls each job every 28 s during the measurement. In general, a job of ten minutes needs 21 polls if the
 * service knows no earlier job of its type (docs/scale.md).
 */
const POLL_SETTINGS = { maxDelaySeconds: 28 };
/**
 * The time, in seconds, from the start of the process to the start of the measurement. During this time, Node.js loads
 * and compiles code.
 */
const SETTLE_SECONDS = 5;
/** The file /proc/PID/stat counts CPU time in units of 1/100 s (man 5 proc). */
const TICKS_PER_SECOND = 100;
const NO_LIMITS = { callbacksPerWatch: 0, targetsPerWatch: 0, watchesPerCaller: 0, requestsPerMinute: 0 };

const QUICK = { starts: 3, restSeconds: 10, watches: [1000], watchSeconds: 30 };
const FULL = { starts: 5, restSeconds: 30, watches: [1000, 10_000], watchSeconds: 60 };

interface OneNodeLoad {
  readonly watches: number;
  readonly acceptSeconds: number;
  readonly pollsPerSecond: number;
  /** How late the polls are: the time from the planned start to the actual start of a poll. */
  readonly latenessSeconds: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The CPU time of the process, divided by the elapsed time. */
  readonly cores: number;
  /** The fraction of the elapsed time in which the process waited for a processor core. */
  readonly waitingForCore: number;
  readonly peakMib: number;
}

interface OneNode {
  /** The milliseconds between the start of the process and its log line `ready`. */
  readonly readyMs: number;
  /** The CPU use and the memory of a service process that has no jobs to poll. */
  readonly rest: { readonly cores: number; readonly mib: number };
  readonly loads: readonly OneNodeLoad[];
}

/**
 * Measures the built one-node edition in its own process. The simulated CCE is a part of the bench process. The service
 * and the bench use the same processor cores. The measurement needs Linux, because it reads files in /proc.
 */
export async function measureOneNode(isQuick: boolean): Promise<OneNode> {
  const effort = isQuick ? QUICK : FULL;
  execFileSync(process.execPath, [BUILD]);
  const readyMs: number[] = [];
  for (let i = 0; i < effort.starts; i += 1)
    await withServer(async ({ server, startMs }) => {
      readyMs.push(startMs);
      await server.end("SIGTERM");
    });
  const rest = await withServer(({ server }) => measureRest(server, effort.restSeconds));
  const loads: OneNodeLoad[] = [];
  for (const watches of effort.watches)
    loads.push(await withServer((started) => measureWatches(started, watches, effort.watchSeconds)));
  return { readyMs: roundToThreeDigits(median(readyMs)), rest, loads };
}

/** Returns the measured figures of the one-node edition, each with its maximum. */
export function createOneNodeTargets({ readyMs, rest, loads }: OneNode): Target[] {
  return [
    createLimitTarget("one node: start to ready", readyMs, 1000, " ms"),
    createLimitTarget("one node: CPU at rest", rest.cores * 100, 1, " % of a core"),
    createLimitTarget("one node: memory at rest", rest.mib, 120, " MiB"),
    ...loads.map(({ watches, latenessSeconds }) =>
      createLimitTarget(
        `one node: p99 of the lateness of polls, ${watches} watches`,
        latenessSeconds.p99,
        watches > 1000 ? 5 : 1,
        " s",
      ),
    ),
  ];
}

interface Started {
  readonly server: RunningServer;
  readonly startMs: number;
  readonly addJob: () => string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Runs one measurement of a new service process with an empty data directory. */
async function withServer<T>(measure: (started: Started) => Promise<T>): Promise<T> {
  const fixture = await createServerFixture(
    {},
    { poll: POLL_SETTINGS, limits: NO_LIMITS, egress: { allow: ["127.0.0.1"] } },
  );
  const startedAt = performance.now();
  const server = await startServer({ ...fixture, nodeArguments: [COMMAND] });
  const startMs = performance.now() - startedAt;
  const script = { type: "CreateCluster", endSeconds: JOB_SECONDS };
  const addJob = () => fixture.cce.addJob(PROJECT_ID, script);
  try {
    return await measure({ server, startMs, addJob, headers: fixture.headers });
  } finally {
    await server.end("SIGKILL");
    await fixture.cce.stop();
    rmSync(fixture.dataDirectory, { recursive: true });
  }
}

async function measureRest(server: RunningServer, seconds: number): Promise<OneNode["rest"]> {
  await sleep(SETTLE_SECONDS * 1000);
  const before = readProcess(server);
  await sleep(seconds * 1000);
  const { cpuSeconds, mib } = readProcess(server);
  return { cores: roundToThreeDigits((cpuSeconds - before.cpuSeconds) / seconds), mib };
}

/**
 * Submits all jobs to the one-node edition as fast as possible, and measures the polls of these jobs. The first poll of
 * each job, immediately after its submission, is also measured.
 */
async function measureWatches(
  { server, addJob, headers }: Started,
  watches: number,
  seconds: number,
): Promise<OneNodeLoad> {
  const jobIds = Array.from({ length: watches }, addJob);
  const startedAt = performance.now();
  const elapsedSeconds = () => (performance.now() - startedAt) / 1000;
  const before = readProcess(server);
  for (let i = 0; i < watches; i += JOBS_PER_CALL) {
    const body = JSON.stringify({ jobIds: jobIds.slice(i, i + JOBS_PER_CALL), notify: [] });
    const { status } = await fetch(`${server.api}/v1/jobs`, { method: "POST", headers, body });
    if (status !== 202) throw new Error(`the service answered with HTTP ${status}`);
  }
  const acceptSeconds = roundToThreeDigits(elapsedSeconds());
  await sleep(seconds * 1000);
  const total = elapsedSeconds();
  const end = readProcess(server);
  const lateness = server.lines
    .flatMap((line) => /"message":"poll".*"lateness_seconds":([\d.]+)/.exec(line)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  const quantile = (part: number) =>
    roundToThreeDigits(
      lateness[Math.min(lateness.length - 1, Math.floor(part * lateness.length))] ?? Number.NaN,
    );
  return {
    watches,
    acceptSeconds,
    pollsPerSecond: roundToThreeDigits(lateness.length / total),
    latenessSeconds: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
    cores: roundToThreeDigits((end.cpuSeconds - before.cpuSeconds) / total),
    waitingForCore: roundToThreeDigits((end.waitSeconds - before.waitSeconds) / total),
    peakMib: end.peakMib,
  };
}

/**
 * Reads the CPU time and the memory of a process, and the time that its main thread waited for a processor core.
 * Sources: man 5 proc, https://docs.kernel.org/scheduler/sched-stats.html.
 */
function readProcess({ child }: RunningServer) {
  const read = (name: string) => readFileSync(`/proc/${child.pid}/${name}`, "utf8");
  // The second field of /proc/PID/stat is the program name in parentheses, which can contain spaces. Fields 14 and 15
  // of /proc/PID/stat are the user time and the system time.
  const fields = read("stat").split(") ").at(-1)?.split(" ") ?? [];
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  const waitSeconds = Number(read("schedstat").split(" ")[1]) / 1e9;
  const readMib = (name: string) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(read("status"))?.[1]) / 1024);
  return { cpuSeconds, waitSeconds, mib: readMib("VmRSS"), peakMib: readMib("VmHWM") };
}
