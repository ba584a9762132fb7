import { createHash } from "node:crypto";
import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import type { WholeConfig } from "../../lib/config/config.ts";
import { parseWholeConfig } from "../../lib/config/parse-whole-config.ts";
import type { RandomSource } from "../../local/random-source.ts";
import type { SimulatedJob } from "./simulated-cce.ts";

export const T0 = Date.UTC(2026, 10, 23, 9, 30);
const MINUTE_MS = 60_000;
const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const URL = "https://receiver.example/hook";

export const PROJECT = "prod";
export const TARGETS = {
  audit: { kind: "webhook", url: URL, secrets: [SECRET] },
  deploys: { kind: "slack", url: URL },
  alarms: { kind: "discord", url: URL, on: ["failed", "timed_out", "lost"] },
  ops: { kind: "webhook", url: URL, secrets: [SECRET] },
};
/** The callers. Each caller has a bearer token. */
export const CALLERS = ["token:pipeline", "token:release", "token:nightly"] as const;
export const [CALLER] = CALLERS;
const NAMES = ["audit", "deploys", "alarms", "ops"] as const;

const RIGHTS = { projects: ["*"], targets: ["*"], operations: ["*"] };

/** Returns the bearer token of a caller. */
export function tokenOf(caller: string): string {
  return `bearer-${caller.replace("token:", "")}`;
}

/** The configs of runs, by their settings and the fields of their project. */
const knownConfigs = new Map<string, WholeConfig>();

/**
 * Returns a config with these settings and with these fields of the project. Calls with the same values return the same
 * config, because parsing a config takes about as long as a short run. So nothing may change the config.
 */
export function sharedConfigWith(
  settings: Record<string, unknown>,
  project: Record<string, unknown> = {},
): WholeConfig {
  const key = JSON.stringify([settings, project]);
  const config = knownConfigs.get(key) ?? configWith(settings, project);
  knownConfigs.set(key, config);
  return config;
}

/** Returns the config with a target that also asks for slow jobs. */
export function withSlowTarget(config: WholeConfig, name: string): WholeConfig {
  const target = config.targets[name];
  if (target === undefined) throw new Error(`The config has no target ${name}.`);
  return { ...config, targets: { ...config.targets, [name]: { ...target, on: [...target.on, "slow"] } } };
}

/** Returns a new config with these settings and with these fields of the project. */
export function configWith(
  settings: Record<string, unknown>,
  project: Record<string, unknown> = {},
): WholeConfig {
  const auth = { kind: "token", token: "none" };
  const parsed = parseWholeConfig({
    projects: { [PROJECT]: { projectId: "p1", region: "eu-de", auth, ...project } },
    targets: TARGETS,
    tokens: Object.fromEntries(
      CALLERS.map((caller) => [caller.replace("token:", ""), { ...RIGHTS, sha256: sha256(tokenOf(caller)) }]),
    ),
    settings,
  });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("\n"));
  return parsed.config;
}

export function drawConfig(random: RandomSource): WholeConfig {
  const maxDelaySeconds = random.pick([45, 120, 900]);
  const project = random.happens(0.4) ? { until: "ready", readyMinutes: random.pick([1, 5, 15]) } : {};
  const settings = {
    ...(random.happens(0.3) ? { fallbackTarget: "ops" } : {}),
    maxPolls: random.pick([500, 500, 12]),
    poll: {
      maxDelaySeconds,
      accessErrorSeconds: random.pick([600, 60]),
      goneGraceSeconds: 120,
      ...(random.happens(0.2) ? { queriesPerFiveMinutes: random.pick([30, 200]) } : {}),
    },
    retry: random.happens(0.8) ? { scheduleSeconds: [0, 5, 30, 120, 600] } : {},
  };
  return sharedConfigWith(settings, project);
}

export function drawJob(random: RandomSource, jobId: string): SimulatedJob {
  const appearsAt = random.happens(0.05) ? null : T0 + random.pick([0, 0, 60_000]);
  const endedAt = random.happens(0.1) ? null : T0 + random.between(10, 1500) * 1000;
  const jobType = random.pick(["CreateCluster", "DeleteNode", "CreateNode"]);
  const finalState = random.pick(["succeeded", "failed"] as const);
  const readyAt = endedAt === null || random.happens(0.3) ? null : endedAt + random.between(0, 600) * 1000;
  return { jobId, jobType, appearsAt, endedAt, finalState, readyAt };
}

/** Draws the targets, the deadline and the digest of a call. The context names the caller. */
export function drawSubmission(
  random: RandomSource,
  jobIds: readonly string[],
  caller: string = CALLER,
): ResolvedSubmission {
  const targets = NAMES.filter(() => random.happens(0.5));
  return {
    kind: "resolved",
    project: PROJECT,
    caller,
    callbacks: {},
    context: { actor: caller },
    jobIds,
    targets: (targets.length === 0 ? [random.pick(NAMES)] : targets).toSorted(),
    deadlineMinutes: random.pick(caller === CALLER ? [10, 30, 60] : [0.05, 10, 30, 60]),
    readyMinutes: null,
    operation: null,
    digest: jobIds.length > 1 && random.happens(0.5),
  };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

export function minutes(n: number): number {
  return n * MINUTE_MS;
}
