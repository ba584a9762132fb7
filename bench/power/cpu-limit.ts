import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

/**
 * The period of the CPU limit, in microseconds. A process with the CPU limit 0.25 may run for a quarter of each period.
 */
const PERIOD_US = 20_000;
const NAME = `cce-job-notifier-bench-${process.pid}`;

/** A way to limit the CPU time of a process. */
export interface CpuLimit {
  readonly method: "cgroup v1" | "cgroup v2" | "SIGSTOP";
  /**
   * Gives a process a fraction of one processor. All threads of the process share the limit.
   * @param fraction the fraction of one processor, more than 0 and at most 1
   * @returns a function that removes the limit from an ended process.
   */
  apply(pid: number, fraction: number): Promise<() => Promise<void>>;
}

/**
 * The settings files of Linux control groups, versions 1 and 2. `weight` gives the bench the largest CPU weight, so
 * that other processes slow the bench down as little as possible. `own` is a pattern that finds the control group of
 * this process in the file /proc/self/cgroup.
 */
const INTERFACES = [
  {
    method: "cgroup v1",
    root: "/sys/fs/cgroup/cpu",
    weight: ["cpu.shares", "262144"],
    quota: (us: number) => [
      ["cpu.cfs_period_us", `${PERIOD_US}`],
      ["cpu.cfs_quota_us", `${us}`],
    ],
    own: /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m,
  },
  {
    method: "cgroup v2",
    root: "/sys/fs/cgroup",
    weight: ["cpu.weight", "10000"],
    quota: (us: number) => [["cpu.max", `${us} ${PERIOD_US}`]],
    own: /^0::(.*)$/m,
  },
] as const;

/**
 * Creates a control group. Returns null if the control group cannot be created, for example because the user lacks the
 * rights.
 */
async function createGroup(folder: string, settings: readonly (readonly string[])[]): Promise<string | null> {
  try {
    await mkdir(folder);
    for (const [name = "", value = ""] of settings) await writeFile(join(folder, name), value);
    return folder;
  } catch {
    await rmdir(folder).catch(() => {});
    return null;
  }
}

/** Removes a control group as soon as its last process has ended. */
async function removeGroup(folder: string): Promise<void> {
  const until = Date.now() + 5000;
  while ((await readFile(join(folder, "cgroup.procs"), "utf8")) !== "" && Date.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 2));
  await rmdir(folder);
}

/**
 * Runs a function of the bench with the highest CPU priority. Child processes of the function get the same priority. If
 * control groups are not available, the function runs with its usual priority.
 */
export async function runWithPriority<T>(work: () => Promise<T>): Promise<T> {
  for (const { root, weight, own } of INTERFACES) {
    const folder = await createGroup(join(root, `${NAME}-priority`), [weight]);
    if (folder === null) continue;
    const [, path = "/"] = own.exec(await readFile("/proc/self/cgroup", "utf8")) ?? [];
    await writeFile(join(folder, "cgroup.procs"), `${process.pid}`);
    try {
      return await work();
    } finally {
      await writeFile(join(root, path, "cgroup.procs"), `${process.pid}`);
      await removeGroup(folder);
    }
  }
  return work();
}

/**
 * Returns the most exact way to limit the CPU time of a process on this machine. A control group (cgroup) of Linux
 * limits the CPU time exactly. If the machine has no control groups, the bench pauses and continues the process with
 * signals. Signals are less exact, because the bench also pauses the process when it is idle.
 */
export async function chooseCpuLimit(): Promise<CpuLimit> {
  for (const { method, root, weight, quota } of INTERFACES) {
    const create = (us: number) => createGroup(join(root, `${NAME}-limit`), [weight, ...quota(us)]);
    const tried = await create(PERIOD_US);
    if (tried === null) continue;
    await removeGroup(tried);
    return {
      method,
      async apply(pid, fraction) {
        const folder = await create(Math.round(PERIOD_US * fraction));
        if (folder === null) throw new Error("The control group cannot be created again.");
        await writeFile(join(folder, "cgroup.procs"), `${pid}`);
        return () => removeGroup(folder);
      },
    };
  }
  return { method: "SIGSTOP", apply: applyDutyCycle };
}

/**
 * The code of a thread that stops and continues a process in each period. The code needs its own thread, because
 * `Atomics.wait` would block the main thread.
 */
const DUTY_CYCLE = `
const { workerData: { pid, runMs, stopMs } } = require("node:worker_threads");
const cell = new Int32Array(new SharedArrayBuffer(4));
const sleep = (ms) => Atomics.wait(cell, 0, 0, ms);
for (;;) {
  process.kill(pid, "SIGCONT");
  sleep(runMs);
  if (stopMs > 0) process.kill(pid, "SIGSTOP");
  sleep(stopMs);
}`;

/** Limits the CPU time of a process by the signals SIGSTOP and SIGCONT, which exist on all Unix systems. */
export async function applyDutyCycle(pid: number, fraction: number): Promise<() => Promise<void>> {
  const periodMs = PERIOD_US / 1000;
  const workerData = { pid, runMs: fraction * periodMs, stopMs: (1 - fraction) * periodMs };
  const thread = new Worker(DUTY_CYCLE, { eval: true, workerData });
  // After the process has ended, the thread cannot send the next signal and fails. This error is expected, so it is
  // ignored.
  thread.on("error", () => {});
  return async () => void (await thread.terminate());
}
