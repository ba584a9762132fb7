import type { CceClient } from "../../lib/cce/client.ts";
import type { Instant, Job, Observation } from "../../lib/domain/job.ts";
import { type Operation, resourceShowingOperationEnd } from "../../lib/domain/operation.ts";
import { type FaultRates, ratesNow } from "./fault-rates.ts";
import { QUERIED_AS_JOB } from "./operations.ts";
import type { Invocation, Simulation } from "./simulation.ts";

/** A job and its states over time. */
export interface SimulatedJob {
  readonly jobId: string;
  readonly jobType: string;
  /** CCE returns 404 before this time. Null: always. */
  readonly appearsAt: Instant | null;
  /** Null means that the job never ends. */
  readonly endedAt: Instant | null;
  readonly finalState: "succeeded" | "failed";
  /** The time from which the resource of the succeeded job is usable or gone. Null or absent: never. */
  readonly readyAt?: Instant | null;
  /** The list of jobs does not show the job after this time. */
  readonly unlistedAt?: Instant | null;
  /** The smallest number of polls for which the job is pending. */
  readonly pendingPolls?: number;
}

export interface SimulatedCce {
  readonly jobs: Map<string, SimulatedJob>;
  /** The operations that have no job, by the job ID that the service makes. CCE itself does not know these IDs. */
  readonly operations: Map<string, SimulatedJob & { readonly operation: Operation }>;
  /** The states and errors that polls of each job observed. An outcome must follow from one of these observations. */
  readonly observed: Map<string, Set<string>>;
  polls: number;
  /** The client sends no query before this time, because CCE did not answer the latest query. */
  unansweredUntil: Instant;
  /** The times of the claims of lists. */
  readonly listClaims: Instant[];
  /** The number of lists that events requested or claimed. */
  listRequests: number;
  /** The requests for the list of jobs. */
  readonly lists: { readonly at: Instant; readonly isList: boolean; readonly isComplete: boolean }[];
}

export function createSimulatedCce(): SimulatedCce {
  return {
    jobs: new Map(),
    operations: new Map(),
    observed: new Map(),
    polls: 0,
    unansweredUntil: 0,
    lists: [],
    listClaims: [],
    listRequests: 0,
  };
}

/** Returns the CCE client of one invocation. Like the real client, the simulated client never throws. */
export function cceFor(
  simulation: Simulation,
  invocation: Invocation,
  cce: SimulatedCce,
  rates: FaultRates,
): Pick<CceClient, "queryJob" | "queryMissingFailureReasons" | "queryResource" | "unansweredWaitMs"> {
  const record = (jobId: string, what: string) => {
    cce.observed.set(jobId, (cce.observed.get(jobId) ?? new Set()).add(what));
    simulation.note(invocation, `CCE shows ${jobId}: ${what}`);
  };
  return {
    unansweredWaitMs: () => Math.max(0, cce.unansweredUntil - simulation.now()),
    queryJob: (key) =>
      simulation.effect(
        invocation,
        `cce.poll ${key.jobId}`,
        async () => {
          cce.polls += 1;
          if (cce.operations.has(key.jobId)) record(key.jobId, QUERIED_AS_JOB);
          const observation = observe(simulation, cce.jobs.get(key.jobId), cce.polls, rates);
          const what = observation.kind === "job" ? observation.job.state : observation.kind;
          record(key.jobId, what);
          cce.unansweredUntil = 0;
          return observation;
        },
        () => {
          cce.unansweredUntil = simulation.now() + UNANSWERED_WAIT_MS;
          return UNANSWERED;
        },
      ),
    queryResource: (_project, { goal, id }) =>
      simulation.effect(
        invocation,
        `cce.resource ${id}`,
        async () => {
          const operated = [...cce.operations.values()].find(({ operation }) => {
            const resource = resourceShowingOperationEnd(operation);
            return resource.goal === goal && resource.id === id;
          });
          if (operated !== undefined) {
            cce.polls += 1;
            const state = observe(simulation, operated, cce.polls, rates);
            record(operated.jobId, state.kind === "job" ? state.job.state : state.kind);
            return state;
          }
          // The ID of another resource is the ID of the job that made it, or the cluster of an operation.
          const ofCluster = [...cce.operations.values()].find(({ operation }) => operation.clusterId === id);
          const job = cce.jobs.get(id) ?? ofCluster;
          const observation = observeResource(simulation, job, rates);
          const isObserved = observation.kind === "job";
          const what = isObserved ? `resource ${observation.job.state}` : `resource ${observation.kind}`;
          record(job?.jobId ?? id, what);
          return observation;
        },
        () => UNANSWERED,
      ),
    queryMissingFailureReasons: (_project, job) =>
      simulation.effect(
        invocation,
        "cce.addMissingFailureReasons",
        async () => job,
        () => job,
      ),
  };
}

/** The client sends no queries for this time after a query without an answer. */
const UNANSWERED_WAIT_MS = 30_000;
/** The observation of a query without an answer. */
const UNANSWERED = { kind: "unavailable", text: "simulated: no answer" } as const;

function observe(
  simulation: Simulation,
  simulatedJob: SimulatedJob | undefined,
  polls: number,
  rates: FaultRates,
): Observation {
  const { random } = simulation;
  if (random.happens(ratesNow(simulation, rates).cce)) return drawError(simulation);
  const now = simulation.now();
  if (simulatedJob === undefined || simulatedJob.appearsAt === null || now < simulatedJob.appearsAt)
    return { kind: "gone", text: "no such job" };
  const over =
    simulatedJob.endedAt !== null && now >= simulatedJob.endedAt && polls > (simulatedJob.pendingPolls ?? 0);
  const state = over ? simulatedJob.finalState : "pending";
  return { kind: "job", job: jobOf(simulatedJob, state, simulatedJob.appearsAt, now), warnings: [] };
}

function observeResource(
  simulation: Simulation,
  simulatedJob: SimulatedJob | undefined,
  rates: FaultRates,
): Observation {
  if (simulatedJob === undefined || simulation.random.happens(ratesNow(simulation, rates).cce))
    return drawError(simulation);
  const now = simulation.now();
  const state = now >= (simulatedJob.readyAt ?? Number.POSITIVE_INFINITY) ? "succeeded" : "pending";
  return { kind: "job", job: jobOf(simulatedJob, state, now, now), warnings: [], message: "simulated state" };
}

/**
 * Returns the list of jobs for one invocation. A list with a fault fails, ends early, or repeats jobs. The simulated
 * jobs are in the list in any order.
 */
export function listJobsFor(
  simulation: Simulation,
  invocation: Invocation,
  cce: SimulatedCce,
  rates: FaultRates,
): CceClient["listJobs"] {
  const { random } = simulation;
  return (_project, onJob) =>
    simulation.effect(
      invocation,
      "cce.list",
      async () => {
        const now = simulation.now();
        const isFaulty = () => random.happens(ratesNow(simulation, rates).cce);
        const isList = !isFaulty();
        const isComplete = !isFaulty();
        cce.lists.push({ at: now, isList, isComplete });
        const error = isList ? null : drawError(simulation);
        if (error !== null && error.kind !== "job") return error;
        const jobs = [...cce.jobs.values()].filter(
          ({ appearsAt, unlistedAt }) =>
            appearsAt !== null && appearsAt <= now && (unlistedAt ?? Number.POSITIVE_INFINITY) > now,
        );
        if (random.happens(0.5)) jobs.reverse();
        const listed = isComplete ? jobs : jobs.slice(0, random.between(0, jobs.length));
        if (isFaulty()) listed.push(...listed);
        for (const job of listed) {
          const over = job.endedAt !== null && now >= job.endedAt;
          const state = over ? job.finalState : "pending";
          const { jobId } = job;
          onJob({ ...jobOf(job, state, job.appearsAt ?? now, over ? (job.endedAt ?? now) : now), jobId });
        }
        return { kind: "list", isComplete, date: now };
      },
      () => UNANSWERED,
    );
}

function drawError({ random }: Simulation): Observation {
  const text = "simulated";
  const kind = random.pick([
    "unavailable",
    "throttled",
    "gone",
    "unauthorized",
    "forbidden",
    "misconfigured",
  ] as const);
  if (kind !== "throttled") return { kind, text };
  return { kind, text, retryAfterSeconds: random.happens(0.5) ? random.between(0, 1200) : null };
}

const PHASES = { pending: "Running", succeeded: "Success", failed: "Failed" } as const;

export function jobOf(
  { jobId, jobType }: SimulatedJob,
  state: Job["state"],
  createdAt: Instant,
  now: Instant,
): Job {
  const reason = state === "failed" ? "simulated failure" : null;
  const clusterId = jobType.endsWith("Cluster") ? jobId : "cluster-1";
  const ids = { clusterId, resourceId: jobId, resourceName: "blue" };
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
