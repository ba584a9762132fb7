import {
  createDiscoverHandler,
  createJobDiscovery,
} from "../../../functions/discover/create-discover-handler.ts";
import { type DiscoveryReport, logAndCountJobList } from "../../../functions/discover/discover-jobs.ts";
import type { ListedJob, ListReply } from "../../../lib/cce/autopilot.ts";
import { DiscoverySettings } from "../../../lib/config/projects.ts";
import type { Ledger } from "../../../lib/ledger/ledger.ts";
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
  };
  const ports = {
    ledger: { ...memory, ...options.ledger },
    pollQueue,
    configs: { current: async () => config },
    createCce: () => ({
      listJobs: async (_project: string, onJob: (job: ListedJob) => void) => {
        cloud.lists += 1;
        cloud.jobs.forEach(onJob);
        return cloud.reply;
      },
    }),
    now,
    onListed: (_project: string, report: DiscoveryReport) => reports.push(report),
    onOpenFailure: (_key: unknown, error: unknown) => failures.push(error),
    onFailure: (_project: string, error: unknown) => failures.push(error),
  };
  /** Creates an instance of the function. An instance remembers the jobs that have a watch. */
  const start = () => {
    const discover = createJobDiscovery(ports);
    const handler = createDiscoverHandler(discover, ports);
    return { discover, run: (remainingMs = 60_000) => handler({ remainingMs: () => remainingMs }) };
  };
  return { clock, memory, pollQueue, config, settings: project.discover, reports, failures, cloud, start };
}

describe("the discover function", () => {
  it("opens a watch of its own for each running job, polls the job at once and does so once", async () => {
    const flow = createDiscovery({ discover: { labels: { source: "discovery" } } });
    flow.cloud.jobs = [listed("a"), listed("b", "failed"), listed("a")];
    await flow.start().run();
    const document = await flow.memory.readWatch(keyOf("a"));
    expect(document).toMatchObject({
      context: { labels: { source: "discovery" } },
      watch: { state: "watching", targets: ["audit", "deploys"], deadlineAt: T0 + 120 * MINUTE_MS },
    });
    expect(await flow.memory.readWatch(keyOf("b"))).toBeNull();
    expect(flow.pollQueue.receive(10)).toMatchObject([{}]);
    expect(flow.reports).toMatchObject([{ kind: "listed", opened: ["a"], failed: 0 }]);
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

  it("leaves an existing watch unchanged, also if somebody stopped it or the config has other targets", async () => {
    const flow = createDiscovery();
    flow.cloud.jobs = [listed("a"), listed("b")];
    await flow.start().run();
    await flow.memory.stopWatch(keyOf("a"), T0, T0 * 2);
    const claim = { key: keyOf("b"), poll: 1, messageId: "m", now: T0, leaseMs: 1000 };
    await flow.memory.claimPoll(claim);
    flow.pollQueue.purge();
    flow.settings.notify = ["ops"];
    const before = structuredClone(flow.memory.state.watches);
    flow.clock.now += 2 * MINUTE_MS;
    await flow.start().run();
    expect(flow.memory.state.watches).toEqual(before);
    expect(bodiesOf(flow.pollQueue)).toEqual([]);
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
        claimJobList: (project, now, intervalMs) =>
          project === "broken"
            ? Promise.reject(new Error("throttled"))
            : flow.memory.claimJobList(project, now, intervalMs),
      },
    });
    const { [PROJECT]: project } = flow.config.projects;
    if (project !== undefined)
      Object.assign(flow.config, { projects: { broken: project, [PROJECT]: project } });
    await flow.start().run();
    expect([flow.cloud.lists, flow.failures.length]).toEqual([1, 1]);
  });
});

test("the list is logged with the discovered jobs, and counted", async () => {
  const report = { kind: "listed", opened: ["a"], failed: 0, isComplete: true, overdueSeconds: 0 } as const;
  const { logged, metrics } = await capturedLog(() => logAndCountJobList("prod", report));
  expect(logged).toMatchObject([{ message: "discovered", project: "prod" }]);
  expect(metrics).toMatchObject({ JobsDiscovered: 1 });
  const nothing = await capturedLog(() => logAndCountJobList("prod", { ...report, opened: [] }));
  expect(nothing.logged).toEqual([]);
});

test("a failed list is logged with its reason, and with the time by which it is overdue", async () => {
  const report = { kind: "failed", text: "CCE is down", overdueSeconds: 90, opened: ["a"] } as const;
  const { logged, metrics } = await capturedLog(() => logAndCountJobList("prod", report));
  expect(logged).toMatchObject([{ message: "list failed", project: "prod", reason: "CCE is down" }]);
  expect(metrics).toMatchObject({ ListOverdueSeconds: 90, JobsDiscovered: 1 });
});
