import {
  createDiscoverHandler,
  createDiscoveryOfNewJobsIfDue,
} from "../../functions/discover/create-discover-handler.ts";
import { discoveryCaller } from "../../functions/discover/start-discovered-watches.ts";
import { DiscoverySettings, MIN_JOB_LIST_INTERVAL_MS } from "../../lib/config/projects.ts";
import type { RandomSource } from "../../local/random-source.ts";
import { drawJob, minutes, PROJECT, T0 } from "./draw-inputs.ts";
import { idOf } from "./memory-ledger-state.ts";
import type { ServiceRun } from "./run-service.ts";
import { clockOf, connect } from "./service.ts";
import { listJobsFor } from "./simulated-cce.ts";

const LIMIT_MS = 60_000;
const SCHEDULE_MS = 60_000;
/** The time limit of the list that an event starts. */
const EVENT_LIST_MS = 3000;
/** After the end of the faults, the schedule runs for this time. The longest interval is five minutes. */
const AFTER_FAULTS_MS = minutes(12);

/**
 * Switches discovery on in half of the runs, some time after the start. Some jobs are submitted by nobody. With a
 * sweep, jobs also leave the list of CCE, because only the sweep sends a lost message about such a job again. In some
 * runs, events make the service list the jobs too.
 */
export function planDiscovery(run: ServiceRun, hasSweep: boolean, draw: RandomSource): void {
  const project = run.config.projects[PROJECT];
  if (project === undefined || draw.happens(0.5)) return;
  const settings = DiscoverySettings.parse({
    notify: draw.pick([["audit"], ["deploys", "alarms"]]),
    everyMinutes: draw.pick([1, 2, 5]),
  });
  run.config = {
    ...run.config,
    projects: { ...run.config.projects, [PROJECT]: { ...project, discover: settings } },
  };
  for (let i = 0; i < draw.between(1, 4); i += 1) {
    const job = drawJob(draw, `found-${i}`);
    const unlistedAt = hasSweep && draw.happens(0.3) ? T0 + minutes(draw.between(1, 60)) : null;
    run.cce.jobs.set(job.jobId, { ...job, unlistedAt });
  }
  run.simulation.scheduler.after(draw.between(0, 600_000), () => discoverRepeatedly(run));
  const events = draw.happens(0.5) ? draw.between(1, 8) : 0;
  for (let i = 0; i < events; i += 1) {
    const at = draw.between(0, 1_800_000);
    // CTS reports an operation several times, so events come in groups.
    for (const delay of [0, draw.between(0, 20_000)])
      run.simulation.scheduler.after(at + delay, () => discover(run, "event"));
  }
}

/** Lists the jobs by the schedule until some time after the faults. */
export function discoverRepeatedly(run: ServiceRun): void {
  const { simulation } = run;
  if (simulation.now() > simulation.faultsEndAt() + AFTER_FAULTS_MS) return;
  discover(run, "schedule");
  simulation.scheduler.after(SCHEDULE_MS, () => discoverRepeatedly(run));
}

function discover(run: ServiceRun, trigger: "schedule" | "event"): void {
  const { simulation, config, cce, rates, plant } = run;
  const invocation = simulation.invocation("discover", LIMIT_MS);
  const { ledger, queue } = connect(run, invocation, 0);
  // The faulty ledger creates each method when the method is read, so a copy of all its methods would take long.
  const { startOrExtendWatch, listJobWatchesNewestFirst, saveDiscoveryIfUnchanged, reserveRequestTime } =
    ledger;
  const ports = plant.discover({
    ledger: {
      startOrExtendWatch,
      listJobWatchesNewestFirst,
      saveDiscoveryIfUnchanged,
      reserveRequestTime,
      async claimDiscoveryIfDueOrRequested(name, now, intervalMs) {
        const claimed = await ledger.claimDiscoveryIfDueOrRequested(name, now, intervalMs);
        if (claimed !== null) cce.listClaims.push(now);
        if (claimed !== null && trigger === "event") cce.listRequests += 1;
        return claimed;
      },
      async requestDiscoverySoon(name) {
        cce.listRequests += 1;
        await ledger.requestDiscoverySoon(name);
      },
    },
    pollQueue: queue("poll"),
    configs: { current: async () => config },
    createCce: () => ({ listJobs: listJobsFor(simulation, invocation, cce, rates) }),
    now: clockOf(run, invocation),
    onListed: (_project, report) => simulation.note(invocation, `listed: ${JSON.stringify(report)}`),
    onOpenFailure: () => {},
    onFailure: (_project, error) => simulation.note(invocation, `fails: ${error}`),
  });
  const discoverProject = createDiscoveryOfNewJobsIfDue(ports);
  const remainingMs = () => invocation.deadlineAt - simulation.now();
  const settings = config.projects[PROJECT]?.discover;
  const isEvent = trigger === "event" && settings !== undefined;
  const started: Promise<unknown> = isEvent
    ? discoverProject(PROJECT, settings, "event", { listMs: EVENT_LIST_MS, remainingMs }, config)
    : createDiscoverHandler(discoverProject, ports)({ remainingMs });
  started.catch((error: unknown) => simulation.note(invocation, `fails: ${error}`));
  simulation.scheduler.at(invocation.deadlineAt, () => {
    if (invocation.frozenUntil <= simulation.now()) invocation.alive = false;
  });
}

/**
 * Checks that discovery has a watch of each job that ran since discovery was switched on and that the list showed after
 * the faults, that no other job has such a watch, and that the lists kept their interval. Returns one text per
 * violation.
 */
export function checkDiscovery({ cce, config, ledger, simulation }: ServiceRun): readonly string[] {
  const settings = config.projects[PROJECT]?.discover;
  const switchedOnAt = ledger.state.discoveries[PROJECT]?.switchedOnAt ?? null;
  if (settings === undefined) return cce.lists.length === 0 ? [] : ["the jobs were listed without a config"];
  const faults: string[] = switchedOnAt === null ? ["discovery was never switched on"] : [];
  // A list of an invocation that crashed before it stored the discovery is not the first list.
  const first = cce.lists.find(({ at, isList }) => isList && at >= (switchedOnAt ?? 0)) ?? {
    at: Number.POSITIVE_INFINITY,
    isComplete: true,
  };
  // An incomplete first list cannot say which jobs ended shortly before it.
  const firstListAt = first.at - (first.isComplete ? 0 : minutes(5));
  for (const { jobId, appearsAt, endedAt, unlistedAt } of cce.jobs.values()) {
    const isFound = ledger.state.watches[idOf({ project: PROJECT, jobId, caller: discoveryCaller(PROJECT) })];
    // A job that CCE shows for the first time after the first list is judged only by its time, with the margin of
    // clocks.
    const isLate = appearsAt !== null && appearsAt > first.at;
    const hadEnded = endedAt !== null && endedAt < firstListAt - (isLate ? minutes(5) : 0);
    const isListed = (unlistedAt ?? Number.POSITIVE_INFINITY) > simulation.faultsEndAt() + AFTER_FAULTS_MS;
    const ranSince = endedAt === null || endedAt >= (switchedOnAt ?? 0);
    if (isFound && hadEnded) faults.push(`${jobId} was discovered, but had ended before the first list`);
    if (!isFound && appearsAt !== null && isListed && ranSince) faults.push(`${jobId} was not discovered`);
  }
  // A frozen invocation sends its list late, so the claims and not the lists have the interval.
  const claims = cce.listClaims.toSorted((a, b) => a - b);
  const tooEarly = claims.filter(
    (at, i) => at - (claims[i - 1] ?? 0) < settings.everyMinutes * 60_000 - 2000,
  );
  if (tooEarly.length > 0 && cce.listRequests === 0)
    faults.push("the lists of the jobs did not keep their interval");
  if (claims.some((at, i) => i > 0 && at - (claims[i - 1] ?? 0) < MIN_JOB_LIST_INTERVAL_MS))
    faults.push("the jobs were listed twice in ten seconds");
  return faults;
}
