import {
  createDiscoverHandler,
  createDiscoveryOfNewJobsIfDue,
} from "../../../functions/discover/create-discover-handler.ts";
import { type DiscoveryReport, logAndCountJobList } from "../../../functions/discover/discover-jobs.ts";
import type { ListedJob, ListReply } from "../../../lib/cce/autopilot.ts";
import { DiscoverySettings } from "../../../lib/config/projects.ts";
import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { captured } from "../../lib/runtime/captured.ts";
import { configWith, PROJECT, T0 } from "../../simulation/draw-inputs.ts";
import { createMemoryLedger } from "../../simulation/memory-ledger.ts";
import { createMemoryQueue } from "../../simulation/memory-queue.ts";
import { capturedLog } from "../captured-log.ts";
import { bodiesOf } from "../steps-harness.ts";

const MINUTE_MS = 60_000;
const CALLER = `discover:${PROJECT}`;
const keyOf = (jobId: string) => ({ project: PROJECT, jobId, caller: CALLER });

function listed(jobId: string, state: ListedJob["state"] = "pending", updatedAt = T0): ListedJob {
  const phase = state === "pending" ? "Running" : "Failed";
  const unknown = { phase, reason: null, clusterId: null, resourceId: null, resourceName: null };
  return { ...unknown, jobId, type: "CreateNode", state, createdAt: T0, updatedAt, subJobs: [] };
}

/** Creates the discover function with a ledger, a queue and a cloud in memory. */
function createDiscovery(options: { discover?: Record<string, unknown>; ledger?: Partial<Ledger> } = {}) {
  const clock = { now: T0 };
  const now = () => clock.now;
  const memory = createMemoryLedger();
  const pollQueue = createMemoryQueue({ name: "poll", now, visibilitySeconds: 180 });
  const config = configWith({});
  const { [PROJECT]: project } = config.projects;
  if (project === undefined) throw new Error("The project is missing.");
  project.discover = DiscoverySettings.parse({ notify: ["audit", "deploys"], ...options.discover });
  const reports: DiscoveryReport[] = [];
  const failures: unknown[] = [];
  const cloud = {
    jobs: [] as ListedJob[],
    reply: { kind: "list", isComplete: true, date: null } as ListReply,
    lists: 0,
    /** The number of CCE clients that the function has created. */
    clients: 0,
    timeLimitsMs: [] as number[],
  };
  const ports = {
    ledger: { ...memory, ...options.ledger },
    pollQueue,
    configs: { current: async () => config },
    createCce: () => {
      cloud.clients += 1;
      return {
        listJobs: async (
          _project: string,
          onJob: (job: ListedJob) => void,
          { timeLimitMs }: { timeLimitMs: number },
        ) => {
          cloud.lists += 1;
          cloud.timeLimitsMs.push(timeLimitMs);
          cloud.jobs.forEach(onJob);
          return cloud.reply;
        },
      };
    },
    now,
    onListed: (_project: string, report: DiscoveryReport) => reports.push(report),
    onOpenFailure: (_key: unknown, error: unknown) => failures.push(error),
    onFailure: (_project: string, error: unknown) => failures.push(error),
  };
  /** Creates an instance of the function. An instance remembers the jobs that have a watch. */
  const start = () => {
    const discover = createDiscoveryOfNewJobsIfDue(ports);
    const handler = createDiscoverHandler(discover, ports);
    return { discover, run: (remainingMs = 60_000) => handler({ remainingMs: () => remainingMs }) };
  };
  const settings = project.discover;
  return { clock, memory, pollQueue, config, project, settings, reports, failures, cloud, ports, start };
}

/** Returns a function that lists the jobs after an event. */
function createEvents(flow: ReturnType<typeof createDiscovery>) {
  const { discover, run } = flow.start();
  const limits = { listMs: 1000, remainingMs: () => 10_000 };
  const event = () => discover(PROJECT, flow.settings, "event", limits, flow.config);
  return { event, run };
}

describe("the discover function", () => {
  it("opens a watch of its own for each running job, polls the job at once and does so once", async () => {
    const flow = createDiscovery({
      discover: { labels: { source: "discovery" }, notify: ["deploys", "audit"] },
    });
    flow.cloud.jobs = [listed("a"), listed("b", "failed"), listed("a")];
    await flow.start().run();
    const document = await flow.memory.readWatchDocumentOrNull(keyOf("a"));
    expect(document).toMatchObject({
      context: { labels: { source: "discovery" } },
      watch: {
        state: "watching",
        targets: ["audit", "deploys"],
        deadlineAt: T0 + 120 * MINUTE_MS,
        nextPollAt: T0,
      },
    });
    expect(await flow.memory.readWatchDocumentOrNull(keyOf("b"))).toBeNull();
    expect(flow.pollQueue.receive(10)).toMatchObject([{}]);
    expect(flow.reports).toMatchObject([{ kind: "listed", opened: ["a"], failed: 0 }]);
  });

  it("lists up to two seconds before the end of the interval, because the schedule is not exact", async () => {
    const flow = createDiscovery({ discover: { everyMinutes: 2 } });
    const instance = flow.start();
    await instance.run();
    flow.clock.now = T0 + 2 * MINUTE_MS - 2001;
    await instance.run();
    expect(flow.cloud.lists).toBe(1);
    flow.clock.now += 1;
    await instance.run();
    expect(flow.cloud.lists).toBe(2);
  });

  it("notifies of a job that appeared and ended between two lists", async () => {
    const flow = createDiscovery();
    const instance = flow.start();
    await instance.run();
    flow.clock.now += 2 * MINUTE_MS;
    flow.cloud.jobs = [listed("a", "failed", T0 + MINUTE_MS)];
    await instance.run();
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ jobId: "a", caller: CALLER, poll: 1 }]);
  });

  it("lists once per interval, whatever fails, and however many instances run", async () => {
    const flow = createDiscovery({ discover: { everyMinutes: 5 } });
    flow.cloud.reply = { kind: "unavailable", text: "down" };
    for (let minute = 0; minute < 11; minute += 1) {
      await Promise.all([flow.start().run(), flow.start().run()]);
      flow.clock.now += MINUTE_MS;
    }
    expect(flow.cloud.lists).toBe(3);
    expect(flow.reports.at(-1)).toEqual({ kind: "failed", text: "down", overdueSeconds: 300, opened: [] });
  });

  it("opens watches for the running jobs that one API listed before the other API refused its list", async () => {
    const flow = createDiscovery();
    flow.cloud.jobs = [listed("a"), listed("b", "failed")];
    flow.cloud.reply = { kind: "forbidden", text: "no permission" };
    const instance = flow.start();
    await instance.run();
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ jobId: "a" }]);
    expect(flow.reports).toEqual([
      { kind: "failed", text: "no permission", overdueSeconds: 0, opened: ["a"] },
    ]);
    flow.cloud.reply = { kind: "list", isComplete: true, date: null };
    flow.clock.now += 2 * MINUTE_MS;
    await instance.run();
    expect(flow.reports.at(-1)).toMatchObject({ kind: "listed", opened: [], failed: 0 });
  });

  it("lists at an event at most once in 10 s, and lists once more soon after an event that came too early", async () => {
    const flow = createDiscovery();
    const { discover, run } = flow.start();
    const event = () =>
      discover(PROJECT, flow.settings, "event", { listMs: 1000, remainingMs: () => 10_000 }, flow.config);
    expect([await event(), await event()]).toEqual(["listed", "not_due"]);
    flow.clock.now += 9000;
    expect(await event()).toBe("not_due");
    flow.clock.now += 1000;
    await run();
    expect(flow.cloud.lists).toBe(2);
    flow.clock.now += MINUTE_MS;
    await run();
    expect(flow.cloud.lists).toBe(2);
  });

  it("lists again at an event ten seconds after the last request to CCE, and uses the time limit of the event", async () => {
    const flow = createDiscovery();
    const { event } = createEvents(flow);
    expect(await event()).toBe("listed");
    flow.clock.now += 10_000;
    expect(await event()).toBe("listed");
    expect(flow.cloud).toMatchObject({ timeLimitsMs: [1000, 1000], clients: 1 });
  });

  it("lists once more soon after an event whose list failed or was truncated", async () => {
    const flow = createDiscovery();
    const { event, run } = createEvents(flow);
    const isRequested = () => flow.memory.state.discoveries[PROJECT]?.requested;
    expect(await event()).toBe("listed");
    expect(isRequested()).toBe(false);
    flow.clock.now += 10_000;
    flow.cloud.reply = { kind: "unavailable", text: "down" };
    expect(await event()).toBe("failed");
    expect(isRequested()).toBe(true);
    flow.clock.now += 10_000;
    flow.cloud.reply = { kind: "list", isComplete: false, date: null };
    await run();
    expect([flow.cloud.lists, isRequested()]).toEqual([3, false]);
    flow.clock.now += 10_000;
    expect(await event()).toBe("listed");
    expect(isRequested()).toBe(true);
  });

  it("uses the rate limit of the project after CCE throttled a request", async () => {
    const reserved: string[] = [];
    const flow = createDiscovery({
      ledger: {
        reserveRequestTime: async (name, now) => {
          reserved.push(name);
          return now;
        },
      },
    });
    const instance = flow.start();
    await instance.run();
    flow.clock.now += 2 * MINUTE_MS;
    flow.cloud.reply = { kind: "throttled", text: "fewer", retryAfterSeconds: null };
    await instance.run();
    expect(reserved).toEqual([]);
    flow.clock.now += 2 * MINUTE_MS;
    await instance.run();
    expect(reserved).toEqual([`cce:${PROJECT}`]);
  });

  it("counts a first list as done even if the queue fails while the watches are opened", async () => {
    const flow = createDiscovery();
    flow.cloud.jobs = [listed("a")];
    flow.cloud.reply = { kind: "list", isComplete: true, date: T0 - MINUTE_MS };
    const { send } = flow.pollQueue;
    flow.pollQueue.send = () => Promise.reject(new Error("the queue is down"));
    const instance = flow.start();
    await instance.run();
    expect(flow.failures).toEqual([new Error("the queue is down")]);
    expect(flow.memory.state.discoveries[PROJECT]).toMatchObject({
      switchedOnAt: T0 - MINUTE_MS,
      succeededAt: T0,
    });
    flow.pollQueue.send = send;
    flow.clock.now += 2 * MINUTE_MS;
    flow.cloud.reply = { kind: "list", isComplete: true, date: null };
    flow.cloud.jobs = [listed("b", "failed", T0 + MINUTE_MS)];
    await instance.run();
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ jobId: "b" }]);
  });

  it("stores its state twice at the first list and once at a later list", async () => {
    let saves = 0;
    const flow = createDiscovery({
      ledger: {
        saveDiscoveryIfUnchanged: (...discovery) => {
          saves += 1;
          return flow.memory.saveDiscoveryIfUnchanged(...discovery);
        },
      },
    });
    const instance = flow.start();
    await instance.run();
    expect(saves).toBe(2);
    flow.clock.now += 2 * MINUTE_MS;
    await instance.run();
    expect(saves).toBe(3);
  });

  it("succeeds only if each listed job has a watch", async () => {
    const flow = createDiscovery();
    const instance = flow.start();
    const succeededAt = () => flow.memory.state.discoveries[PROJECT]?.succeededAt;
    await instance.run();
    const { send } = flow.pollQueue;
    flow.pollQueue.send = async (messages) =>
      messages.map(({ id }) => ({ id, kind: "failed", reason: "throttled" }));
    flow.cloud.jobs = [listed("a")];
    flow.clock.now += 2 * MINUTE_MS;
    await instance.run();
    expect(succeededAt()).toBe(T0);
    flow.pollQueue.send = send;
    flow.clock.now += MINUTE_MS;
    await instance.run();
    expect(succeededAt()).toBe(T0 + 3 * MINUTE_MS);
  });

  it("opens a watch of its own for a job that another caller watches", async () => {
    const flow = createDiscovery();
    const other = { ...keyOf("a"), caller: "token:ci" };
    await flow.memory.startOrExtendWatch({
      ...other,
      acceptedAt: T0,
      deadlineAt: T0 * 2,
      nextPollAt: T0,
      targets: [],
      context: {},
      callbacks: {},
      digestId: null,
      traceparent: null,
      expiresAt: T0 * 2,
    });
    flow.cloud.jobs = [listed("a")];
    await flow.start().run();
    expect(flow.reports).toMatchObject([{ opened: ["a"] }]);
    const document = await flow.memory.readWatchDocumentOrNull(keyOf("a"));
    expect(document).toMatchObject({ watch: { state: "watching", readyMinutes: null } });
    expect(document?.context).toStrictEqual({});
  });

  it("polls a job whose watch another instance opened at the same time, and does not count the job as opened", async () => {
    const flow = createDiscovery({ ledger: { listJobWatchesNewestFirst: async () => [] } });
    flow.cloud.jobs = [listed("a")];
    await flow.start().run();
    flow.clock.now += 2 * MINUTE_MS;
    await flow.start().run();
    expect(flow.reports).toMatchObject([{ opened: ["a"] }, { opened: [], failed: 0 }]);
    expect(bodiesOf(flow.pollQueue)).toMatchObject([
      { jobId: "a", poll: 1 },
      { jobId: "a", poll: 1 },
    ]);
  });

  it("opens watches that wait until the resource is usable if the project says so, and keeps them longer", async () => {
    const expiries: number[] = [];
    const flow = createDiscovery({
      ledger: {
        startOrExtendWatch: (watch) => {
          expiries.push(watch.expiresAt);
          return flow.memory.startOrExtendWatch(watch);
        },
      },
    });
    flow.cloud.jobs = [listed("a")];
    await flow.start().run();
    Object.assign(flow.project, { until: "ready", readyMinutes: 15 });
    flow.cloud.jobs = [listed("b")];
    await flow
      .start()
      .discover(PROJECT, flow.settings, "event", { listMs: 1000, remainingMs: () => 10_000 }, flow.config);
    flow.clock.now += 10_000;
    const { event } = createEvents(flow);
    await event();
    expect((await flow.memory.readWatchDocumentOrNull(keyOf("b")))?.watch.readyMinutes).toBe(15);
    const [without = 0, ready = 0] = expiries;
    expect(ready - without).toBe(10_000 + 15 * MINUTE_MS);
  });

  it("opens no watch with exactly five seconds left", async () => {
    const flow = createDiscovery();
    flow.cloud.jobs = [listed("a")];
    const { discover } = flow.start();
    const limits = { listMs: 1000, remainingMs: () => 5_000 };
    await discover(PROJECT, flow.settings, "schedule", limits, flow.config);
    expect(flow.reports).toMatchObject([{ opened: [], failed: 1 }]);
  });

  it.each([
    [20_000, 20_000],
    [20_001, 40_002],
  ])("with %d known jobs has read the watches %d times after two lists", async (jobs, reads) => {
    let read = 0;
    const watch = { caller: CALLER, state: "stopped" } as Awaited<
      ReturnType<Ledger["listJobWatchesNewestFirst"]>
    >[number];
    const flow = createDiscovery({
      ledger: {
        listJobWatchesNewestFirst: async () => {
          read += 1;
          return [watch];
        },
      },
    });
    flow.cloud.jobs = Array.from({ length: jobs }, (_, i) => listed(`job-${i}`));
    const instance = flow.start();
    for (let list = 0; list < 2; list += 1) {
      await instance.run();
      flow.clock.now += 2 * MINUTE_MS;
    }
    expect(read).toBe(reads);
    expect(flow.reports).toMatchObject([
      { opened: [], failed: 0 },
      { opened: [], failed: 0 },
    ]);
  });

  it("logs a failed project and a failed job", async () => {
    const down = () => Promise.reject(new Error("throttled"));
    const flow = createDiscovery({ ledger: { startOrExtendWatch: down } });
    flow.cloud.jobs = [listed("a")];
    const { onOpenFailure: _, onFailure: __, ...ports } = flow.ports;
    const failed = { ...ports, ledger: { ...ports.ledger, claimDiscoveryIfDueOrRequested: down } };
    const lines = await captured(async () => {
      for (const own of [ports, failed])
        await createDiscoverHandler(createDiscoveryOfNewJobsIfDue(own), own)({ remainingMs: () => 60_000 });
    });
    expect(lines).toMatchObject([
      { message: "discovery failed", project: PROJECT, job_id: "a", error: { message: "throttled" } },
      { message: "discovery failed", project: PROJECT, error: { message: "throttled" } },
    ]);
  });

  it("leaves an existing watch unchanged, also if somebody stopped it or the config has other targets", async () => {
    const flow = createDiscovery();
    flow.cloud.jobs = [listed("a"), listed("b")];
    await flow.start().run();
    await flow.memory.stopWatch(keyOf("a"), T0, T0 * 2);
    const claim = { key: keyOf("b"), poll: 1, messageId: "m", now: T0, leaseMs: 1000 };
    await flow.memory.claimPoll(claim);
    flow.pollQueue.purge();
    flow.settings.notify = ["ops"];
    flow.pollQueue.send = () => Promise.reject(new Error("the queue got a request without messages"));
    const before = structuredClone(flow.memory.state.watches);
    flow.clock.now += 2 * MINUTE_MS;
    await flow.start().run();
    expect(flow.memory.state.watches).toEqual(before);
    expect(bodiesOf(flow.pollQueue)).toEqual([]);
    expect(flow.failures).toEqual([]);
    expect(flow.reports.at(-1)).toMatchObject({ opened: [], failed: 0 });
  });

  it("sends the first poll again at the next list if the queue did not confirm it", async () => {
    const flow = createDiscovery();
    flow.cloud.jobs = [listed("a")];
    const instance = flow.start();
    const { send } = flow.pollQueue;
    flow.pollQueue.send = async (messages) =>
      messages.map(({ id }) => ({ id, kind: "failed", reason: "throttled" }));
    await instance.run();
    expect(flow.reports).toMatchObject([{ kind: "listed", failed: 1, opened: [] }]);
    flow.pollQueue.send = send;
    flow.clock.now += MINUTE_MS;
    await instance.run();
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ jobId: "a", poll: 1 }]);
  });

  it("opens the other watches if the ledger fails for one job, and tries this job again a minute later", async () => {
    let isDown = true;
    const flow = createDiscovery({
      ledger: {
        startOrExtendWatch: (watch) =>
          watch.jobId === "a" && isDown
            ? Promise.reject(new Error("throttled"))
            : flow.memory.startOrExtendWatch(watch),
      },
    });
    flow.cloud.jobs = [listed("a"), listed("b")];
    const instance = flow.start();
    await instance.run();
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ jobId: "b" }]);
    expect(flow.failures).toHaveLength(1);
    isDown = false;
    flow.clock.now += MINUTE_MS;
    await instance.run();
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ jobId: "b" }, { jobId: "a" }]);
  });

  it("continues at the next list if the time is over", async () => {
    const flow = createDiscovery();
    flow.cloud.jobs = Array.from({ length: 60 }, (_, i) => listed(`job-${i}`));
    const { discover, run } = flow.start();
    let remaining = 12_000;
    const remainingMs = () => {
      remaining -= 4000;
      return remaining;
    };
    await discover(PROJECT, flow.settings, "schedule", { listMs: 1000, remainingMs }, flow.config);
    expect(flow.reports).toMatchObject([{ kind: "listed", failed: 35 }]);
    flow.clock.now += MINUTE_MS;
    await run();
    expect(Object.keys(flow.memory.state.watches).length).toBe(60);
  });

  it("takes the time of its list from the rate limit of the project", async () => {
    const reserved: string[] = [];
    const flow = createDiscovery({
      ledger: {
        reserveRequestTime: async (name, now) => {
          reserved.push(name);
          return now + 3_600_000;
        },
      },
    });
    flow.config.settings.poll.queriesPerFiveMinutes = 10;
    await flow.start().run();
    expect([reserved, flow.cloud.lists]).toEqual([[`cce:${PROJECT}`], 1]);
  });

  it("does nothing in a project without the key `discover`", async () => {
    const flow = createDiscovery();
    for (const project of Object.values(flow.config.projects)) delete project.discover;
    await flow.start().run();
    expect(flow.cloud.lists).toBe(0);
    expect(flow.memory.state.discoveries).toEqual({});
  });

  it("lists a healthy project although many projects before it do not answer in any run", async () => {
    const { config } = createDiscovery();
    const { [PROJECT]: project } = config.projects;
    if (project === undefined) throw new Error("The project is missing.");
    const hanging = Array.from({ length: 30 }, (_, i) => [`hanging-${i}`, project] as const);
    Object.assign(config, { projects: Object.fromEntries([...hanging, ["healthy", project]]) });
    const tried: string[][] = [];
    let remaining = 0;
    const handler = createDiscoverHandler(
      async (name, _settings, _trigger, { listMs }) => {
        tried.at(-1)?.push(name);
        if (name === "healthy") return "listed";
        const end = remaining - listMs;
        await Promise.resolve();
        remaining = Math.min(remaining, end);
        return "failed";
      },
      { configs: { current: async () => config } },
    );
    for (let run = 0; run < 12; run += 1) {
      remaining = 60_000;
      tried.push([]);
      await handler({ remainingMs: () => remaining });
    }
    const firstRun = tried.findIndex((names) => names.includes("healthy"));
    expect(firstRun).toBeLessThanOrEqual(3);
    expect(tried.slice(firstRun).every((names) => names.includes("healthy"))).toBe(true);
    expect(new Set(tried.slice(firstRun + 1).flat()).size).toBe(31);
  });

  it("lists the other projects if the discovery of one project fails", async () => {
    const flow = createDiscovery({
      ledger: {
        claimDiscoveryIfDueOrRequested: (project, now, intervalMs) =>
          project === "broken"
            ? Promise.reject(new Error("throttled"))
            : flow.memory.claimDiscoveryIfDueOrRequested(project, now, intervalMs),
      },
    });
    const { [PROJECT]: project } = flow.config.projects;
    if (project !== undefined)
      Object.assign(flow.config, { projects: { broken: project, [PROJECT]: project } });
    await flow.start().run();
    expect([flow.cloud.lists, flow.failures.length]).toEqual([1, 1]);
  });
});

describe("a run of the discover function", () => {
  /** Runs the function for projects with discovery, in place of which each call waits for the next event. */
  async function runWith(remainingMs: number, projects = 1, hasDiscovery = true) {
    const flow = createDiscovery();
    if (!hasDiscovery) delete flow.project.discover;
    const names = Array.from({ length: projects }, (_, i) => `project-${i}`);
    const config = {
      ...flow.config,
      projects: Object.fromEntries(names.map((name) => [name, flow.project])),
    };
    const calls: object[] = [];
    const counts = { running: 0, most: 0 };
    const discover: Parameters<typeof createDiscoverHandler>[0] = async (project, _, trigger, limits) => {
      calls.push({ project, trigger, listMs: limits.listMs });
      counts.running += 1;
      counts.most = Math.max(counts.most, counts.running);
      await Promise.resolve();
      counts.running -= 1;
      return "listed";
    };
    const configs = { current: async () => config };
    await createDiscoverHandler(discover, { configs })({ remainingMs: () => remainingMs });
    return { calls, most: counts.most };
  }

  it("lists the jobs of each project once, and of at most five projects at the same time", async () => {
    const { calls, most } = await runWith(60_000, 12);
    expect(calls).toHaveLength(12);
    expect(new Set(calls.map((call) => JSON.stringify(call))).size).toBe(12);
    expect(most).toBe(5);
  });

  it.each([
    [60_000, [{ project: "project-0", trigger: "schedule", listMs: 30_000 }]],
    [40_000, [{ project: "project-0", trigger: "schedule", listMs: 25_000 }]],
    [15_001, [{ project: "project-0", trigger: "schedule", listMs: 1 }]],
    [15_000, []],
  ])("reserves time to open watches if %d ms remain", async (remainingMs, expected) => {
    expect((await runWith(remainingMs)).calls).toEqual(expected);
  });

  it("lists a project last until its list no longer fails, also after a run in which it was not due", async () => {
    const { config, project } = createDiscovery();
    const projects = { first: project, second: project };
    const configs = { current: async () => ({ ...config, projects }) };
    const results: ("failed" | "not_due" | "listed")[] = ["failed", "not_due", "listed", "listed"];
    const order: string[] = [];
    const run = createDiscoverHandler(
      async (name) => {
        order.push(name);
        return name === "first" ? (results.shift() ?? "listed") : "listed";
      },
      { configs },
    );
    for (let i = 0; i < 4; i += 1) await run({ remainingMs: () => 60_000 });
    expect(order).toEqual(["first", "second", "second", "first", "second", "first", "first", "second"]);
  });

  it("lists no jobs of a project without discovery", async () => {
    expect((await runWith(60_000, 1, false)).calls).toEqual([]);
  });
});

test("the list is logged with the discovered jobs, and counted", async () => {
  const report = { kind: "listed", opened: ["a"], failed: 0, isComplete: true, overdueSeconds: 0 } as const;
  const { logged, metrics } = await capturedLog(() => logAndCountJobList("prod", report));
  expect(logged).toMatchObject([{ message: "discovered", project: "prod" }]);
  expect(metrics).toMatchObject({ JobsDiscovered: 1 });
  expect(metrics).not.toHaveProperty("ListOverdueSeconds");
  const nothing = await capturedLog(() => logAndCountJobList("prod", { ...report, opened: [] }));
  expect(nothing.logged).toEqual([]);
  expect(nothing.metrics).not.toHaveProperty("JobsDiscovered");
  for (const changes of [{ failed: 1 }, { isComplete: false }]) {
    const other = await capturedLog(() => logAndCountJobList("prod", { ...report, opened: [], ...changes }));
    expect(other.logged).toMatchObject([{ message: "discovered" }]);
  }
});

test("a failed list is logged with its reason, and with the time by which it is overdue", async () => {
  const report = { kind: "failed", text: "CCE is down", overdueSeconds: 90, opened: ["a"] } as const;
  const { logged, metrics } = await capturedLog(() => logAndCountJobList("prod", report));
  expect(logged).toMatchObject([{ message: "list failed", project: "prod", reason: "CCE is down" }]);
  expect(metrics).toMatchObject({ ListOverdueSeconds: 90, JobsDiscovered: 1 });
});
