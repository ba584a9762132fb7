import type { CceClient } from "../../lib/cce/client.ts";
import type { Instant, Job, Observation } from "../../lib/domain/job.ts";
import { type FaultRates, ratesNow } from "./faults.ts";
import type { Actor, World } from "./world.ts";

/** What a job of the cloud does, whoever polls. */
export interface JobScript {
  readonly jobId: string;
  readonly jobType: string;
  /** Before, the cloud does not know it yet; null: never. */
  readonly appearsAt: Instant | null;
  /** Null: never. */
  readonly endsAt: Instant | null;
  readonly ends: "succeeded" | "failed";
  /** Shows itself as pending to so many polls, whatever the time. */
  readonly pendingPolls?: number;
}

export interface Cloud {
  readonly jobs: Map<string, JobScript>;
  /** Every kind of thing that looks at a job have shown: what its outcome may rest on. */
  readonly shown: Map<string, Set<string>>;
  polls: number;
}

export function createCloud(): Cloud {
  return { jobs: new Map(), shown: new Map(), polls: 0 };
}

/** CCE as one invocation reaches it. It never throws, as the client does not. */
export function cceFor(
  world: World,
  actor: Actor,
  cloud: Cloud,
  rates: FaultRates,
): Pick<CceClient, "queryJob" | "queryFailedSubjobs"> {
  return {
    queryJob: (key) =>
      world.effect(actor, "cce.poll", async () => {
        cloud.polls += 1;
        const observation = observe(world, cloud.jobs.get(key.jobId), cloud.polls, rates);
        const what = observation.kind === "job" ? observation.job.state : observation.kind;
        const shown = cloud.shown.get(key.jobId) ?? new Set();
        cloud.shown.set(key.jobId, shown.add(what));
        world.note(actor, `CCE shows ${key.jobId}: ${what}`);
        return observation;
      }),
    queryFailedSubjobs: (_project, job) => world.effect(actor, "cce.queryFailedSubjobs", async () => job),
  };
}

function observe(world: World, script: JobScript | undefined, polls: number, rates: FaultRates): Observation {
  const { chance } = world;
  if (chance.happens(ratesNow(world, rates).cce)) return flap(world);
  const now = world.now();
  if (script === undefined || script.appearsAt === null || now < script.appearsAt)
    return { kind: "gone", text: "no such job" };
  const over = script.endsAt !== null && now >= script.endsAt && polls > (script.pendingPolls ?? 0);
  const state = over ? script.ends : "pending";
  return { kind: "job", job: jobOf(script, state, script.appearsAt, now), warnings: [] };
}

function flap({ chance }: World): Observation {
  const text = "simulated";
  const kind = chance.pick([
    "unavailable",
    "throttled",
    "gone",
    "unauthorized",
    "forbidden",
    "misconfigured",
  ] as const);
  if (kind !== "throttled") return { kind, text };
  return { kind, text, retryAfterSeconds: chance.happens(0.5) ? chance.between(0, 1200) : null };
}

const PHASES = { pending: "Running", succeeded: "Success", failed: "Failed" } as const;

function jobOf({ jobId, jobType }: JobScript, state: Job["state"], createdAt: Instant, now: Instant): Job {
  const reason = state === "failed" ? "simulated failure" : null;
  const ids = { clusterId: null, resourceId: null, resourceName: "blue" };
  return {
    jobId,
    type: jobType,
    phase: PHASES[state],
    state,
    reason,
    ...ids,
    createdAt,
    updatedAt: now,
    subJobs: [],
  };
}
