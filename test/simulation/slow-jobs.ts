import { createNotificationKey } from "../../lib/ledger/notification.ts";
import { bucketOfDuration, daysSince1970 } from "../../lib/schedule/duration-counts.ts";
import type { RandomSource } from "../../local/random-source.ts";
import { PROJECT, T0, withSlowTarget } from "./draw-inputs.ts";
import { idOfNotification } from "./memory-ledger-notifications.ts";
import { idOfGeneration, keyOf } from "./memory-ledger-state.ts";
import type { ServiceRun } from "./run-service.ts";

const SLOW_TARGET = "audit";
const MIN_ENDED_JOBS = 20;

/**
 * In half of the runs, one target asks for slow jobs. In most of these runs enough jobs of each type have ended before,
 * and most of them were short.
 */
export function planSlowJobs(run: ServiceRun, draw: RandomSource): void {
  const { ledger, hasSweep } = run;
  if (draw.happens(0.5)) return;
  run.config = withSlowTarget(run.config, SLOW_TARGET);
  const ended = draw.pick([0, 9, MIN_ENDED_JOBS, 40]);
  const day = daysSince1970(T0) - 1;
  for (const jobType of ["CreateCluster", "DeleteNode", "CreateNode"])
    for (let job = 0; job < ended; job += 1) {
      const bucket = bucketOfDuration(draw.between(10, 300));
      void ledger.addDuration({ project: PROJECT, jobType, day, bucket, expiresAt: T0 * 2 });
    }
  if (hasSweep && draw.happens(0.3)) loseFirstSlowMessages(run);
}

/** Loses the first messages about slow jobs that are in the queue. */
function loseFirstSlowMessages({ queues: { notify } }: ServiceRun): void {
  const { onChange } = notify;
  let areLost = false;
  notify.onChange = () => {
    const { state } = notify.memory;
    const others = state.messages.filter(({ body }) => areLost || !body.includes('"outcome":"slow"'));
    areLost ||= others.length < state.messages.length;
    state.messages = others;
    onChange();
  };
}

/**
 * Returns the IDs of the notifications of slow jobs that the service may send: one for each watch with a stored
 * summary.
 */
export function allowedSlowNotifications({ ledger }: ServiceRun): readonly string[] {
  return Object.keys(ledger.state.slow).flatMap((id) => {
    const [generation = "", ...rest] = id.split("#");
    const { project, jobId } = keyOf(rest.join("#"));
    // If several callers watch the job, the notification has the highest generation of their watches.
    const higher = Object.values(ledger.state.watches)
      .map(({ watch }) => watch)
      .filter((watch) => watch.project === project && watch.jobId === jobId)
      .map((watch) => watch.generation);
    return [Number(generation), ...higher].map((own) =>
      idOfNotification({ project, jobId, generation: own, event: "job.slow", target: SLOW_TARGET }),
    );
  });
}

/**
 * Returns the notifications of slow jobs that the service must send: those of each watch whose record is stored. Without
 * a sweep, a crash between the record and the message can lose the notification if the job ends before the next poll.
 */
export function slowNotificationsToSend({ ledger, hasSweep }: ServiceRun) {
  if (!hasSweep) return [];
  return Object.values(ledger.state.watches).flatMap((row) => {
    const record = ledger.state.slow[idOfGeneration(row.watch)];
    return (record?.targets ?? []).map((target) => {
      const key = createNotificationKey(row.watch, record?.generations ?? {}, "job.slow", target);
      return { notificationId: idOfNotification(key), row, target };
    });
  });
}

/**
 * Checks that only running jobs count as slow, only after the limit and only with enough ended jobs, and that only the
 * target that asks for slow jobs is notified. Returns one text per violation.
 */
export function checkSlowJobs({ ledger, cce, config, receivers }: ServiceRun): readonly string[] {
  const faults: string[] = [];
  const asks = config.targets[SLOW_TARGET]?.on.includes("slow") === true;
  for (const { summary } of Object.values(ledger.state.slow)) {
    const { jobId, jobType, usual, ageSeconds, polledAt, acceptedAt } = summary;
    const counts = Object.values(ledger.state.durations[`${PROJECT}#${jobType}`] ?? {});
    const endedJobs = counts.reduce((sum, count) => sum + count, 0);
    const endedAt = cce.jobs.get(jobId)?.endedAt ?? Number.POSITIVE_INFINITY;
    if (!asks) faults.push(`${jobId} was slow, but no target asks for slow jobs`);
    if (endedJobs < MIN_ENDED_JOBS) faults.push(`${jobId} was slow by only ${endedJobs} ended jobs`);
    if (ageSeconds < usual.p95Seconds) faults.push(`${jobId} was slow before the limit`);
    if (endedAt < acceptedAt || polledAt < acceptedAt) faults.push(`${jobId} was slow, but had ended before`);
  }
  for (const { notificationId } of receivers.posts)
    if (notificationId.includes("job.slow") && !notificationId.includes(SLOW_TARGET))
      faults.push(`${notificationId} was sent to a target that does not ask for slow jobs`);
  return faults;
}
