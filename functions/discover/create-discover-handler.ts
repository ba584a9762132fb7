import type { CceClient } from "../../lib/cce/client.ts";
import type { ConfigWithCredentials } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { DiscoverySettings } from "../../lib/config/projects.ts";
import type { Invocation } from "../../lib/runtime/invocation.ts";
import { log } from "../../lib/runtime/log.ts";
import { createProjectRateLimit } from "../shared/project-rate-limit.ts";
import { type DiscoverPorts, listJobsAndStartWatchesIfDue } from "./discover-jobs.ts";

/** The number of projects whose jobs the function lists in parallel. */
const CONCURRENCY = 5;
/** The time limit for one list of a project's jobs. */
const LIST_MS = 30_000;
/** The time that the function needs to start watches after it has listed the jobs. */
const OPEN_MS = 15_000;
/**
 * The maximum number of watched jobs that an instance remembers for a project. If a project has more watched jobs, the
 * instance deletes its list, and reads the ledger again.
 */
const MAX_KNOWN_JOBS = 20_000;

export interface DiscoverHandlerPorts
  extends Omit<DiscoverPorts, "config" | "cce" | "rateLimit" | "known" | "remainingMs"> {
  readonly configs: Pick<ConfigSource<ConfigWithCredentials>, "current">;
  readonly createCce: (config: ConfigWithCredentials) => Pick<CceClient, "listJobs">;
  /** Called with the error if discovery fails for a project. */
  readonly onFailure?: (project: string, error: unknown) => void;
}

/** Lists the jobs of one project, and starts a watch for each new job (see `listJobsAndStartWatchesIfDue`). */
export type DiscoverJobsOfProject = (
  project: string,
  settings: DiscoverySettings,
  trigger: "schedule" | "event",
  limits: { readonly listMs: number; readonly remainingMs: () => number },
  config: ConfigWithCredentials,
) => Promise<"listed" | "not_due" | "failed">;

/**
 * Creates the function that finds new jobs of a project. The function keeps the CCE clients, the rate limits and the
 * known jobs in memory for the next call.
 */
export function createDiscoveryOfNewJobsIfDue(ports: DiscoverHandlerPorts): DiscoverJobsOfProject {
  const rateLimit = createProjectRateLimit(ports.ledger, ports.now);
  const clients = new WeakMap<ConfigWithCredentials, Pick<CceClient, "listJobs">>();
  const known = new Map<string, Set<string>>();
  return (project, settings, trigger, { listMs, remainingMs }, config) => {
    const cce = clients.get(config) ?? ports.createCce(config);
    clients.set(config, cce);
    const found = known.get(project);
    const knownJobs = found === undefined || found.size > MAX_KNOWN_JOBS ? new Set<string>() : found;
    known.set(project, knownJobs);
    const scope = { ...ports, config, cce, rateLimit, known: knownJobs, remainingMs };
    return listJobsAndStartWatchesIfDue(project, settings, trigger, listMs, scope);
  };
}

/**
 * Creates the handler that runs on a schedule. For each project with the setting `discover`, the handler lists the jobs
 * after the end of each interval. An error in one project does not stop the other projects. Projects whose latest list
 * failed come last, so that they cannot use up the time of other projects.
 */
export function createDiscoverHandler(
  discover: DiscoverJobsOfProject,
  { configs, onFailure = logDiscoverFailure }: Pick<DiscoverHandlerPorts, "configs" | "onFailure">,
): (invocation: Pick<Invocation, "remainingMs">) => Promise<void> {
  /** The projects whose latest list failed. The project that failed first comes first. */
  const failing = new Set<string>();
  return async ({ remainingMs }) => {
    const config = await configs.current();
    const discoverProject = async (project: string): Promise<void> => {
      const settings = config.projects[project]?.discover;
      const listMs = Math.min(LIST_MS, remainingMs() - OPEN_MS);
      if (settings === undefined || listMs <= 0) return;
      const result = await discover(project, settings, "schedule", { listMs, remainingMs }, config).catch(
        (error: unknown) => {
          onFailure(project, error);
          return "failed" as const;
        },
      );
      if (result === "not_due") return;
      failing.delete(project);
      if (result === "failed") failing.add(project);
    };
    const names = Object.keys(config.projects);
    // All parallel calls of `discoverWaiting` take project names from this one iterator.
    const waiting = [
      ...names.filter((name) => !failing.has(name)),
      ...[...failing].filter((name) => names.includes(name)),
    ].values();
    const discoverWaiting = async (): Promise<void> => {
      for (const project of waiting) await discoverProject(project);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, discoverWaiting));
  };
}

function logDiscoverFailure(project: string, error: unknown): void {
  log.error("discovery failed", { project }, error);
}
