import { createHash } from "node:crypto";
import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import { type Config, parseConfig } from "../../lib/config/config.ts";
import type { JobScript } from "./cloud.ts";
import type { Chance } from "./random.ts";

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
/** The bearer token of the one caller. */
export const TOKEN = "token-of-the-pipeline";
const NAMES = ["audit", "deploys", "alarms", "ops"] as const;

/** The config of a run: everything an operator may set that the protocol depends on. */
export function configWith(settings: Record<string, unknown>): Config {
  const parsed = parseConfig({
    projects: { [PROJECT]: { projectId: "p1", region: "eu-de", auth: { kind: "token", token: "none" } } },
    targets: TARGETS,
    tokens: { pipeline: { sha256: sha256(TOKEN), projects: ["*"], targets: ["*"] } },
    settings,
  });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("\n"));
  return parsed.config;
}

export function drawConfig(chance: Chance): Config {
  const maxDelaySeconds = chance.pick([45, 120, 900]);
  return configWith({
    ...(chance.happens(0.3) ? { fallbackTarget: "ops" } : {}),
    maxPolls: chance.pick([500, 500, 12]),
    poll: {
      maxDelaySeconds,
      accessErrorSeconds: chance.pick([600, 60]),
      goneGraceSeconds: 120,
      ...(chance.happens(0.2) ? { queriesPerFiveMinutes: chance.pick([30, 200]) } : {}),
    },
    retry: chance.happens(0.8) ? { scheduleSeconds: [0, 5, 30, 120, 600] } : {},
  });
}

export function drawJob(chance: Chance, jobId: string): JobScript {
  const appearsAt = chance.happens(0.05) ? null : T0 + chance.pick([0, 0, 60_000]);
  const endsAt = chance.happens(0.1) ? null : T0 + chance.between(10, 1500) * 1000;
  const jobType = chance.pick(["CreateCluster", "DeleteNode", "CreateNode"]);
  return { jobId, jobType, appearsAt, endsAt, ends: chance.pick(["succeeded", "failed"]) };
}

/** A call for these jobs: its targets, its deadline, perhaps a digest. */
export function drawAsked(chance: Chance, jobIds: readonly string[]): ResolvedSubmission {
  const targets = NAMES.filter(() => chance.happens(0.5));
  return {
    kind: "resolved",
    project: PROJECT,
    callbacks: {},
    context: {},
    jobIds,
    targets: (targets.length === 0 ? [chance.pick(NAMES)] : targets).toSorted(),
    deadlineMinutes: chance.pick([10, 30, 60]),
    digest: jobIds.length > 1 && chance.happens(0.5),
  };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

export function minutes(n: number): number {
  return n * MINUTE_MS;
}
