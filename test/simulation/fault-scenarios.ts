import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import { jobIdFromTaskOrResourceIds } from "../../lib/domain/operation.ts";
import { bucketOfDuration, daysSince1970 } from "../../lib/schedule/duration-counts.ts";
import { redeliver, stopWatch, submitJobs } from "./callers.ts";
import { discoverRepeatedly } from "./discovery.ts";
import { CALLER, minutes, PROJECT, T0, withSlowTarget } from "./draw-inputs.ts";
import type { RunResult } from "./evaluate-run.ts";
import type { ServiceRun } from "./run-service.ts";
import type { SimulatedJob } from "./simulated-cce.ts";

/** A run of the service in which one fault is planted at each request. */
export interface FaultScenario {
  readonly name: string;
  readonly hasSweep: boolean;
  /** Further settings of the config and fields of its project. */
  readonly settings?: Record<string, unknown>;
  readonly project?: Record<string, unknown>;
  /** The results of the notifications in each run, with and without a fault. */
  readonly expected: Partial<Pick<RunResult, "accepted" | "delivered" | "deadLettered" | "stopped">>;
  readonly plan: (run: ServiceRun) => void;
}

const JOB = "job-1";

/** Returns a failed job, with changes. */
export function job(changes: Partial<SimulatedJob> = {}): SimulatedJob {
  const times = { appearsAt: T0, endedAt: T0, pendingPolls: 1 };
  return { jobId: JOB, jobType: "CreateCluster", finalState: "failed", ...times, ...changes };
}

/** Returns the submission of one job with two targets, with changes. */
export function submission(changes: Partial<ResolvedSubmission> = {}): ResolvedSubmission {
  return {
    kind: "resolved",
    caller: CALLER,
    project: PROJECT,
    callbacks: {},
    context: { actor: CALLER },
    digest: false,
    jobIds: [JOB],
    targets: ["audit", "deploys"],
    deadlineMinutes: 60,
    readyMinutes: null,
    operation: null,
    ...changes,
  };
}

/** Submits jobs once. The caller repeats the request until the API confirms the request. */
export function submit(
  run: ServiceRun,
  jobs: readonly SimulatedJob[],
  changes: Partial<ResolvedSubmission> = {},
) {
  for (const each of jobs) run.cce.jobs.set(each.jobId, each);
  submitJobs(run, submission({ jobIds: jobs.map(({ jobId }) => jobId), ...changes }), run.asked, 1000);
}

/** Runs an action after a time. The sweep does not end before the action. */
export function later(run: ServiceRun, ms: number, action: () => void): void {
  const { expectsCalls } = run;
  let isPlanned = true;
  run.expectsCalls = () => isPlanned || expectsCalls();
  run.simulation.scheduler.after(ms, () => {
    isPlanned = false;
    action();
  });
}

/** Loses the first messages of the notify queue. */
function purgeFirstNotification({ queues: { notify } }: ServiceRun): void {
  let isPurged = false;
  const { onChange } = notify;
  notify.onChange = () => {
    if (!isPurged && notify.memory.state.messages.length > 0) notify.memory.purge();
    isPurged ||= notify.memory.state.sent > 0;
    onChange();
  };
}

/** Submits a job that is slow after about a minute and takes some minutes. One target asks for slow jobs. */
function submitSlowJob(run: ServiceRun, takesMinutes: number): void {
  run.config = withSlowTarget(run.config, "audit");
  const ended = { project: PROJECT, jobType: "CreateCluster", day: daysSince1970(T0) - 1 };
  for (let i = 0; i < 20; i += 1)
    void run.ledger.addDuration({ ...ended, bucket: bucketOfDuration(30 + i), expiresAt: T0 * 2 });
  const endedAt = T0 + minutes(takesMinutes);
  submit(run, [job({ endedAt, finalState: "succeeded" })], { targets: ["audit"] });
}

const EVERY_MINUTE = { maxDelaySeconds: 60, minDelaySeconds: 60 };

const KEY = { project: PROJECT, jobId: JOB, caller: CALLER };

/** A job of five polls and two targets. */
export const FIVE_POLLS: FaultScenario = {
  name: "a job of five polls and two targets",
  hasSweep: false,
  expected: { accepted: 2, delivered: 2 },
  plan: (run) => submit(run, [job({ pendingPolls: 4 })]),
};

/** The scenarios together make every request of every function. */
export const FAULT_SCENARIOS: readonly FaultScenario[] = [
  FIVE_POLLS,
  {
    name: "a digest of two jobs that wait until their resources are usable",
    hasSweep: true,
    project: { until: "ready", readyMinutes: 10 },
    expected: { accepted: 4, delivered: 4 },
    plan: (run) => {
      const ready = { finalState: "succeeded", readyAt: T0 + 60_000 } as const;
      submit(run, [job(ready), job({ ...ready, jobId: "job-2" })], { digest: true });
    },
  },
  {
    name: "a stopped watch that is started again",
    hasSweep: true,
    settings: { poll: EVERY_MINUTE },
    expected: { accepted: 2, delivered: 2 },
    plan: (run) => {
      submit(run, [job({ endedAt: T0 + minutes(7) })]);
      later(run, 30_000, () => stopWatch(run, run.asked, KEY));
      later(run, minutes(5), () => submitJobs(run, submission(), run.asked, 1000));
    },
  },
  {
    name: "a purge of both queues, which the sweep repairs",
    hasSweep: true,
    expected: { accepted: 2, delivered: 2 },
    plan: (run) => {
      submit(run, [job({ endedAt: T0 + minutes(4) })]);
      later(run, minutes(2), () => run.queues.poll.memory.purge());
      purgeFirstNotification(run);
    },
  },
  {
    name: "receivers that throttle, fail, refuse and are switched off",
    hasSweep: true,
    settings: { fallbackTarget: "ops", retry: { scheduleSeconds: [0, 5, 30, 120] } },
    expected: { accepted: 3 },
    plan: (run) => {
      const { planned, refusing, gone } = run.receivers;
      planned.set("audit", ["server_error", "throttled", "timeout", "target_gone"]);
      refusing.add("deploys");
      gone.add("alarms");
      submit(run, [job()], { targets: ["alarms", "audit", "deploys"] });
    },
  },
  {
    name: "two notifications to a target that throttles",
    hasSweep: false,
    expected: { accepted: 2, delivered: 2 },
    plan: (run) => {
      run.receivers.planned.set("deploys", ["throttled"]);
      submit(run, [job(), job({ jobId: "job-2" })], { targets: ["deploys"] });
    },
  },
  {
    name: "a target that is added after the end, and a redelivery",
    hasSweep: true,
    expected: { accepted: 2, delivered: 2 },
    plan: (run) => {
      run.receivers.planned.set("audit", ["rejected"]);
      submit(run, [job()], { targets: ["audit"] });
      later(run, minutes(10), () => submitJobs(run, submission(), run.asked, 1000));
      later(run, minutes(20), () => redeliver(run, KEY, "audit"));
    },
  },
  {
    name: "a discovered job",
    hasSweep: true,
    settings: { poll: EVERY_MINUTE },
    project: { discover: { notify: ["audit"], everyMinutes: 1 } },
    expected: { accepted: 1, delivered: 1 },
    plan: (run) => {
      run.cce.jobs.set(JOB, job({ endedAt: T0 + minutes(3) }));
      discoverRepeatedly(run);
    },
  },
  {
    name: "a slow job",
    hasSweep: true,
    settings: { poll: EVERY_MINUTE },
    expected: { accepted: 2, delivered: 2 },
    plan: (run) => submitSlowJob(run, 30),
  },
  {
    name: "a slow job whose first notification is lost, and which a later poll notifies again",
    hasSweep: true,
    settings: { poll: EVERY_MINUTE },
    expected: { accepted: 2, delivered: 2 },
    plan: (run) => {
      submitSlowJob(run, 30);
      purgeFirstNotification(run);
    },
  },
  {
    name: "a slow job whose notification is lost just before its end, and which the sweep notifies again",
    hasSweep: true,
    settings: { poll: EVERY_MINUTE },
    // With a fault, the job may end before a poll finds that the job is slow.
    expected: { deadLettered: 0, stopped: 0 },
    plan: (run) => {
      submitSlowJob(run, 3);
      purgeFirstNotification(run);
    },
  },
  {
    name: "an operation without a job",
    hasSweep: false,
    expected: { accepted: 2, delivered: 2 },
    plan: (run) => {
      const operation = { kind: "cluster_upgrade", clusterId: "cluster-1", taskId: "task-1" } as const;
      const jobId = jobIdFromTaskOrResourceIds(operation);
      run.cce.operations.set(jobId, { ...job({ jobId, jobType: operation.kind }), operation });
      submitJobs(run, submission({ jobIds: [jobId], operation }), run.asked, 1000);
    },
  },
];
