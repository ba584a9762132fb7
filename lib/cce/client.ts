import type { Project } from "../config/projects.ts";
import type { Instant, Job, Observation, WatchKey } from "../domain/job.ts";
import type { Connections } from "../http/exchange.ts";
import { type Access, createAccess } from "./access.ts";
import { deepenJob } from "./deepen.ts";
import { inTime } from "./in-time.ts";
import { keepConnections } from "./kept-connections.ts";
import { createSizedExchange } from "./sized-exchange.ts";

/** What asking may take in all, in real milliseconds. */
export interface Budget {
  readonly deadlineMs: number;
}

export interface CceClient {
  /** Asks for one job. Every reply, failure and delay is one observation; credentials in it are masked. Never throws. */
  poll(key: WatchKey, budget: Budget): Promise<Observation>;
  /** Fills in reasons and children of failed subjobs that show neither, by up to 5 queries. Never throws. */
  deepen(project: string, job: Job, budget: Budget): Promise<Job>;
}

/**
 * A client for all configured projects, side by side: each with its own credentials, token and hold after a 429.
 * Identical polls under way ask once. `connections` replaces the kept ones.
 */
export function createCceClient(options: {
  readonly projects: Readonly<Record<string, Project>>;
  readonly now: () => Instant;
  /** Milliseconds that never run backwards: budgets are measured on it. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly connections?: Connections;
}): CceClient {
  const { now, monotonic, random } = options;
  const kept = keepConnections(now);
  const connections = () => options.connections ?? kept();
  const surroundings = { now, monotonic, random, connections, exchangeSized: createSizedExchange(monotonic) };
  const accesses = new Map<string, Access>();
  const underWay = new Map<string, Promise<Observation>>();

  const accessTo = (name: string): Access | null => {
    const project = Object.hasOwn(options.projects, name) ? options.projects[name] : undefined;
    if (project === undefined) return null;
    const access = accesses.get(name) ?? createAccess(name, project, surroundings);
    accesses.set(name, access);
    return access;
  };

  const poll = async (key: WatchKey, { deadlineMs }: Budget): Promise<Observation> => {
    const access = accessTo(key.project);
    if (access === null)
      return {
        kind: "misconfigured",
        text: `project ${key.project} is not in the config: add it, or stop the watch`,
      };
    const id = `${key.project}/${key.jobId}`;
    const asking = underWay.get(id) ?? ask(access, key, deadlineMs).finally(() => underWay.delete(id));
    underWay.set(id, asking);
    return inTime(asking, deadlineMs, () => ({ kind: "unavailable", text: "CCE did not answer in time" }));
  };

  return {
    poll,
    async deepen(project, job, { deadlineMs }) {
      const endsAt = monotonic() + deadlineMs;
      return deepenJob(job, async (jobId) => {
        const leftMs = endsAt - monotonic();
        const seen = leftMs > 0 ? await poll({ project, jobId }, { deadlineMs: leftMs }) : null;
        return seen?.kind === "job" ? seen.job : null;
      });
    },
  };
}

async function ask(access: Access, key: WatchKey, deadlineMs: number): Promise<Observation> {
  const { throttle, mask } = access;
  const heldSeconds = throttle.remainingSeconds();
  if (heldSeconds > 0)
    return {
      kind: "throttled",
      text: `queries for project ${key.project} wait: CCE has asked for fewer`,
      retryAfterSeconds: heldSeconds,
    };
  const seen = await access.query(key.jobId, deadlineMs);
  if (seen.kind !== "throttled") {
    throttle.passed();
    return mask.observation(seen);
  }
  return mask.observation({ ...seen, retryAfterSeconds: throttle.hold(seen.retryAfterSeconds) });
}
