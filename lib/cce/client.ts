import type { Project } from "../config/projects.ts";
import {
  type Clock,
  type Job,
  JobId,
  type JobKey,
  type MonotonicClock,
  type Observation,
  type Random,
} from "../domain/job.ts";
import type { WatchedResource } from "../domain/job-resources.ts";
import {
  type Connections,
  createConnectionCacheReopenedAfterIdle,
  createConnections,
} from "../http/connections.ts";
import { parseAllowListIgnoringInvalid } from "../http/egress-rules.ts";
import type { OutgoingProxy } from "../http/outgoing-proxy.ts";
import type { ListedJob, ListReply } from "./autopilot.ts";
import { refusalForUnknownProject } from "./cce-error.ts";
import { createMaskOfConfigSecretsAndAddedTokens } from "./credential-mask.ts";
import { hasFailedJobInTree } from "./parse-job.ts";
import { createProjectQueries, type ProjectQueries } from "./project-queries.ts";
import { createSenderOfOneLargeReplyAtATime } from "./send-cce-request.ts";

/** The maximum number of queries with which the service searches for missing failure reasons of one job. */
const MAX_QUERIES = 5;

/**
 * The maximum size of all headers in one response, in bytes. IAM sends its token in a header, and a token may have up
 * to 16 KiB.
 */
const MAX_HEADER_BYTES = 65_536;

/** The time limit of one query of a poll. Near the end of a Lambda invocation, the time limit is shorter. */
export const QUERY_TIME_LIMIT_MS = 10_000;

/** The time limit of one call of the client, in milliseconds. */
interface TimeLimit {
  readonly timeLimitMs: number;
}

export interface CceClient {
  /**
   * After a timeout, the client does not send queries of the project for some time. Returns the remaining time in
   * milliseconds, or 0. The call sends no request.
   */
  unansweredWaitMs(project: string): number;
  /**
   * Queries the state of one job from CCE. Each response and each failure becomes an observation. The function never
   * throws an error. The observation contains no credentials, because the function masks them.
   */
  queryJob(key: JobKey, limit: TimeLimit): Promise<Observation>;
  /**
   * Queries the state of a resource (such as a node) from CCE. The function returns the resource in the form of a job.
   * The state `succeeded` means that the resource is in the desired state. The function never throws an error.
   */
  queryResource(project: string, resource: WatchedResource, limit: TimeLimit): Promise<Observation>;
  /**
   * Sends at most 5 queries for failed subjobs without a failure reason. Returns the job with the reasons from the
   * responses. The function never throws an error.
   */
  queryMissingFailureReasons(project: string, job: Job, limit: TimeLimit): Promise<Job>;
  /**
   * Requests the list of a project's jobs from CCE and calls `onJob` with each job. The order of the jobs is random,
   * and the list may contain a job several times. CCE does not document how long the list is or how long a job stays in
   * the list. If the request fails, the function may have called `onJob` for some jobs already. The function throws an
   * error only if `onJob` throws an error.
   */
  listJobs(project: string, onJob: (job: ListedJob) => void, limit: TimeLimit): Promise<ListReply>;
}

interface CceClientOptions {
  /**
   * The whole config of the service. If the text of a response contains a secret of the config, the client masks the
   * secret. The URLs of CCE and IAM must begin with `https`. Hosts in `egress.allow` may use `http`.
   */
  readonly config: {
    readonly projects: Readonly<Record<string, Project>>;
    readonly settings: { readonly egress: { readonly allow: readonly string[] } };
  };
  readonly now: Clock;
  readonly monotonic: MonotonicClock;
  readonly random: Random;
  readonly connections?: Connections;
  /** The HTTP proxy for TLS connections. */
  readonly proxy?: OutgoingProxy | null;
}

/**
 * Creates a client that queries CCE for all projects in the config. For each project, the client has separate
 * credentials, a separate IAM token and a separate throttle. If several calls ask for the same job at the same time,
 * they share one request.
 * @param options.connections the HTTP connections to use. By default, the client opens new connections.
 */
export function createCceClient(options: CceClientOptions): CceClient {
  const { config, now, monotonic, random } = options;
  const connectionsAt = createConnectionCacheReopenedAfterIdle(() =>
    createConnections(MAX_HEADER_BYTES, {}, options.proxy ?? null),
  );
  const ports = {
    now,
    monotonic,
    random,
    allow: parseAllowListIgnoringInvalid(config.settings.egress.allow),
    createMask: () => createMaskOfConfigSecretsAndAddedTokens(config),
    connections: () => options.connections ?? connectionsAt(now()),
    sendCceRequest: createSenderOfOneLargeReplyAtATime(monotonic),
  };
  const projectQueries = new Map(
    Object.entries(config.projects).map(([name, project]) => [
      name,
      createProjectQueries(name, project, ports),
    ]),
  );
  const running = new Map<string, Promise<Observation>>();

  const queryOnce = async (
    project: string,
    name: string,
    { timeLimitMs }: TimeLimit,
    send: (queries: ProjectQueries) => Promise<Observation>,
  ): Promise<Observation> => {
    const queries = projectQueries.get(project);
    if (queries === undefined) return refusalForUnknownProject(project);
    const id = `${project}/${name}`;
    const result = running.get(id) ?? send(queries).finally(() => running.delete(id));
    running.set(id, result);
    return withTimeLimit(result, timeLimitMs, { kind: "unavailable", text: "CCE did not answer in time" });
  };

  const queryJob: CceClient["queryJob"] = ({ project, jobId }, limit) =>
    queryOnce(project, jobId, limit, (queries) => queries.queryJob(jobId, limit.timeLimitMs));

  return {
    unansweredWaitMs: (project) => projectQueries.get(project)?.unansweredWaitMs() ?? 0,
    queryJob,
    queryResource: (project, resource, limit) =>
      queryOnce(project, `${resource.goal}/${resource.clusterId}/${resource.id}`, limit, (queries) =>
        queries.queryResource(resource, limit.timeLimitMs),
      ),
    listJobs: async (project, onJob, { timeLimitMs }) =>
      (await projectQueries.get(project)?.listJobs(onJob, timeLimitMs)) ?? refusalForUnknownProject(project),
    async queryMissingFailureReasons(project, job, { timeLimitMs }) {
      const endAt = monotonic() + timeLimitMs;
      return queryMissingFailureReasons(job, async (jobId) => {
        const remainingMs = endAt - monotonic();
        if (remainingMs <= 0) return null;
        const observation = await queryJob({ project, jobId }, { timeLimitMs: remainingMs });
        return observation.kind === "job" ? observation.job : null;
      });
    },
  };
}

/**
 * Waits for a request that several calls share. If the request takes longer than `timeLimitMs`, the function returns
 * `onTimeout`. The request continues for the other calls.
 */
async function withTimeLimit<T>(work: Promise<T>, timeLimitMs: number, onTimeout: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(onTimeout), Math.max(0, timeLimitMs));
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Returns a copy of the job with more failure reasons of subjobs. The function queries failed subjobs that have no
 * failure reason and no failed subjobs. The copy contains the failure reason and the subjobs from each response. The
 * function also queries the new subjobs, but sends at most 5 queries in total.
 * @param queryJob queries the subjob with the given ID. If `queryJob` returns null, the subjob does not change.
 */
export async function queryMissingFailureReasons(
  job: Job,
  queryJob: (jobId: string) => Promise<Job | null>,
): Promise<Job> {
  const queried = new Set<string>();
  let tree = job;
  while (queried.size < MAX_QUERIES) {
    const jobIds = unexplainedIds(tree, queried).slice(0, MAX_QUERIES - queried.size);
    if (jobIds.length === 0) break;
    for (const jobId of jobIds) queried.add(jobId);
    const replies = new Map(
      await Promise.all(jobIds.map(async (jobId) => [jobId, await queryJob(jobId)] as const)),
    );
    tree = { ...tree, subJobs: tree.subJobs.map((subJob) => complete(subJob, replies)) };
  }
  return tree;
}

/** Returns the IDs of failed subjobs that have no failure reason and that the service has not queried yet. */
function unexplainedIds(tree: Job, queried: ReadonlySet<string>): string[] {
  const jobIds = tree.subJobs.flatMap((subJob) => {
    const jobId = JobId.safeParse(isUnexplained(subJob) ? subJob.jobId : null);
    return [...(jobId.success ? [jobId.data] : []), ...unexplainedIds(subJob, queried)];
  });
  return [...new Set(jobIds)].filter((jobId) => jobId !== tree.jobId && !queried.has(jobId));
}

const isUnexplained = (job: Job): boolean =>
  job.state === "failed" && job.reason === null && !job.subJobs.some(hasFailedJobInTree);

function complete(job: Job, replies: ReadonlyMap<string, Job | null>): Job {
  const reply = isUnexplained(job) ? replies.get(job.jobId ?? "") : null;
  if (reply != null)
    return {
      ...job,
      reason: reply.reason,
      resourceName: job.resourceName ?? reply.resourceName,
      subJobs: reply.subJobs.length > 0 ? reply.subJobs : job.subJobs,
    };
  return { ...job, subJobs: job.subJobs.map((subJob) => complete(subJob, replies)) };
}
