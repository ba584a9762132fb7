import type { Project } from "../config/projects.ts";
import type { Instant, Job, Observation, WatchKey } from "../domain/job.ts";
import { type Connections, createConnectionCache, openConnections } from "../http/connections.ts";
import { queryFailedSubjobs } from "./query-failed-subjobs.ts";
import { createProjectJobQuery } from "./query-project-job.ts";
import { createCceRequestSender } from "./send-cce-request.ts";

/** The maximum size of a reply's headers. A token of IAM takes up to 16 KiB in a header. */
const MAX_HEADER_BYTES = 65_536;

/** The time limit of one call, in milliseconds of real time. */
export interface TimeLimit {
  readonly timeLimitMs: number;
}

export interface CceClient {
  /**
   * Queries one job and returns one observation for every reply and every failure. Credentials in the observation are
   * masked. Never throws.
   */
  queryJob(key: WatchKey, limit: TimeLimit): Promise<Observation>;
  /**
   * Queries up to 5 failed subjobs that show no reason, and returns the job with the reasons that were found. Never
   * throws.
   */
  queryFailedSubjobs(project: string, job: Job, limit: TimeLimit): Promise<Job>;
}

/**
 * Creates a client for all configured projects. Each project has separate credentials, a separate token and a separate
 * throttle. Concurrent queries of one job share one request.
 * @param options.connections the connections to use. Without `connections`, the client opens connections itself.
 */
export function createCceClient(options: {
  readonly projects: Readonly<Record<string, Project>>;
  readonly now: () => Instant;
  /** Returns the milliseconds of a clock that never goes back. The clock measures time limits. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly connections?: Connections;
}): CceClient {
  const { projects, now, monotonic, random } = options;
  const connectionsAt = createConnectionCache(() => openConnections(MAX_HEADER_BYTES));
  const ports = {
    now,
    monotonic,
    random,
    connections: () => options.connections ?? connectionsAt(now()),
    sendCceRequest: createCceRequestSender(monotonic),
  };
  const projectQueries = new Map(
    Object.entries(projects).map(([name, project]) => [name, createProjectJobQuery(name, project, ports)]),
  );
  const running = new Map<string, Promise<Observation>>();

  const queryJob: CceClient["queryJob"] = async ({ project, jobId }, { timeLimitMs }) => {
    const query = projectQueries.get(project);
    if (query === undefined) {
      const text = `Project ${project} is not in the config: add it, or stop the watch`;
      return { kind: "misconfigured", text };
    }
    const id = `${project}/${jobId}`;
    const result = running.get(id) ?? query(jobId, timeLimitMs).finally(() => running.delete(id));
    running.set(id, result);
    return withTimeLimit(result, timeLimitMs, { kind: "unavailable", text: "CCE did not answer in time" });
  };

  return {
    queryJob,
    async queryFailedSubjobs(project, job, { timeLimitMs }) {
      const endAt = monotonic() + timeLimitMs;
      return queryFailedSubjobs(job, async (jobId) => {
        const remainingMs = endAt - monotonic();
        if (remainingMs <= 0) return null;
        const observation = await queryJob({ project, jobId }, { timeLimitMs: remainingMs });
        return observation.kind === "job" ? observation.job : null;
      });
    },
  };
}

/** Waits for shared work until the time limit of one caller. The work continues for other callers. */
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
