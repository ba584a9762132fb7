import type { Project } from "../config/projects.ts";
import { type Instant, type Job, JobId, type JobKey, type Observation } from "../domain/job.ts";
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
import { createMaskOfConfigSecretsAndTokens } from "./credential-mask.ts";
import { hasFailedJobInTree } from "./parse-job.ts";
import { createProjectQueries, type ProjectQueries } from "./project-queries.ts";
import { createSenderOfOneLargeReplyAtATime } from "./send-cce-request.ts";

/** The maximum number of queries for missing failure reasons of one job. */
const MAX_QUERIES = 5;

/** The maximum size of all headers of a response, in bytes. IAM sends a token of up to 16 KiB in a header. */
const MAX_HEADER_BYTES = 65_536;

/** The time limit of one call in milliseconds. */
interface TimeLimit {
  readonly timeLimitMs: number;
}

export interface CceClient {
  /**
   * After a timeout, the client sends no query of the project for some time. Returns the milliseconds until the next
   * query of the project is allowed, or 0. The call sends no request.
   */
  unansweredWaitMs(project: string): number;
  /**
   * Asks CCE for one job. Every response and every failure becomes an observation. The function never throws.
   * Credentials in the observation are masked.
   */
  queryJob(key: JobKey, limit: TimeLimit): Promise<Observation>;
  /**
   * Asks CCE for a resource of a job. The result has the form of a job. The state `succeeded` means that the resource
   * has reached its goal. The function never throws.
   */
  queryResource(project: string, resource: WatchedResource, limit: TimeLimit): Promise<Observation>;
  /**
   * Asks CCE for the reasons of up to 5 failed subjobs without a reason. Returns the job with the reasons that CCE
   * returned. The function never throws an error.
   */
  queryMissingFailureReasons(project: string, job: Job, limit: TimeLimit): Promise<Job>;
  /**
   * Lists the jobs of a project and calls `onJob` for each job. The jobs arrive in a random order, and a job may arrive
   * several times. CCE does not document the length of the list or how long a job stays in it. If the request fails,
   * `onJob` may already have received some jobs. The function throws only if `onJob` throws.
   */
  listJobs(project: string, onJob: (job: ListedJob) => void, limit: TimeLimit): Promise<ListReply>;
}

/**
 * Creates a client of CCE for all projects in the config. Each project has its own credentials, IAM token and
 * throttling. Simultaneous queries of the same job share one request.
 * @param options.connections the HTTP connections to use. By default, the client opens its own connections.
 */
export function createCceClient(options: {
  /**
   * The whole config. Every secret of the config is masked in the texts of responses. The URLs of CCE and IAM must use
   * https, except for hosts in `egress.allow`.
   */
  readonly config: {
    readonly projects: Readonly<Record<string, Project>>;
    readonly settings: { readonly egress: { readonly allow: readonly string[] } };
  };
  readonly now: () => Instant;
  /** Returns the milliseconds of a clock that is never set back. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly connections?: Connections;
  /** The outgoing proxy for TLS connections. */
  readonly proxy?: OutgoingProxy | null;
}): CceClient {
  const { config, now, monotonic, random } = options;
  const connectionsAt = createConnectionCacheReopenedAfterIdle(() =>
    createConnections(MAX_HEADER_BYTES, {}, options.proxy ?? null),
  );
  const ports = {
    now,
    monotonic,
    random,
    allow: parseAllowListIgnoringInvalid(config.settings.egress.allow),
    createMask: () => createMaskOfConfigSecretsAndTokens(config),
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
 * Waits for shared work until the time limit of one caller. After the time limit, the shared work continues for the
 * other callers.
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
 * Adds missing failure reasons to the subjobs, and returns a new job. The function queries each failed subjob without a
 * reason and without a failed subjob of its own. The function adds the reason and the subjobs of each response to the
 * job. The function also queries the added subjobs, up to 5 queries in total.
 * @param queryJob queries a subjob by its ID. If `queryJob` returns null, the subjob stays unchanged.
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

/** Returns the IDs of failed subjobs without a reason that were not queried yet. */
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
