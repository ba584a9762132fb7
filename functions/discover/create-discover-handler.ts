import type { CceClient } from "../../lib/cce/client.ts";
import type { ConfigWithCredentials } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { DiscoverySettings } from "../../lib/config/projects.ts";
import type { Invocation } from "../../lib/runtime/invocation.ts";
import { log } from "../../lib/runtime/log.ts";
import { createProjectRateLimit } from "../shared/project-rate-limit.ts";
import { type DiscoverPorts, discoverJobsIfDue } from "./discover-jobs.ts";

/** The number of projects whose jobs are listed in parallel. */
const CONCURRENCY = 5;
/** The time limit for listing the jobs of one project. */
const LIST_MS = 30_000;
/** The time that remains for starting watches after the jobs were listed. */
const OPEN_MS = 15_000;
/**
 * The maximum number of jobs in `known`, the memory of jobs with a watch. If `known` contains more jobs, the function
 * clears it and asks the ledger again.
 */
const MAX_KNOWN_JOBS = 20_000;

export interface DiscoverHandlerPorts
  extends Omit<DiscoverPorts, "config" | "cce" | "rateLimit" | "known" | "remainingMs"> {
  readonly configs: Pick<ConfigSource<ConfigWithCredentials>, "current">;
  readonly createCce: (config: ConfigWithCredentials) => Pick<CceClient, "listJobs">;
  /** Reports a failed discovery of a project, by default in a log line. */
  readonly onFailure?: (project: string, error: unknown) => void;
}

/** Calls `discoverJobsIfDue` for one project. */
export type DiscoverJobsOfProject = (
  project: string,
  settings: DiscoverySettings,
  trigger: "schedule" | "event",
  limits: { readonly listMs: number; readonly remainingMs: () => number },
  config: ConfigWithCredentials,
) => Promise<"listed" | "not_due" | "failed">;

/**
 * Creates the function that lists the jobs of a project. CCE clients, rate limits and known jobs stay in memory between
 * two calls.
 */
export function createJobDiscovery(ports: DiscoverHandlerPorts): DiscoverJobsOfProject {
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
    return discoverJobsIfDue(project, settings, trigger, listMs, scope);
  };
}

/**
 * Creates the handler of the schedule. The handler lists each project with the key `discover` whose interval is over.
 * An error in one project does not affect other projects. Projects whose latest list failed come last, so that they
 * cannot use the time of the others.
 */
export function createDiscoverHandler(
  discover: DiscoverJobsOfProject,
  { configs, onFailure = logDiscoverFailure }: Pick<DiscoverHandlerPorts, "configs" | "onFailure">,
): (invocation: Pick<Invocation, "remainingMs">) => Promise<void> {
  /** Projects whose latest list failed, the earliest failure first. */
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
    // All parallel loops share this iterator of project names.
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
