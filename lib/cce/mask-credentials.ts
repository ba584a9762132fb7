import type { Project } from "../config/projects.ts";
import type { Job, Observation } from "../domain/job.ts";
import type { Secret } from "../domain/secret.ts";
import { shortened } from "./cce-error.ts";

const MASK = "<secret>";

/** How many of the tokens IAM gave are remembered: a reply may repeat the one before the latest. */
const REMEMBERED_TOKENS = 4;

/** What the gateway repeats in its errors: one line with bars, or six lines ending in the body's hash. */
const CANONICAL_REQUEST = /(canonical[-_ ]?request["']?\s*[:=]\s*)[\s\S]*?(?:[|\n][0-9a-f]{64}\b|$)/gi;
const SIGNATURE = /(Signature\s*[=:]\s*)[0-9a-f]{16,}/gi;
/** Neither is found in a shorter text. */
const SHORTEST_REPEATED = "canonicalrequest:".length;

export interface Mask {
  text(text: string): string;
  observation(observation: Observation): Observation;
  /** A token that IAM gave is a credential from then on. */
  learn(token: Secret): void;
}

/** Hides a project's credentials, signatures and canonical requests in whatever is to leave this room. */
export function createMask(project: Project): Mask {
  const fixed = credentialsOf(project);
  let tokens: Secret[] = [];
  let pattern = patternOf(fixed);
  const text = (raw: string) => {
    const patterned =
      raw.length < SHORTEST_REPEATED
        ? raw
        : raw.replace(CANONICAL_REQUEST, `$1${MASK}`).replace(SIGNATURE, `$1${MASK}`);
    return pattern === null ? patterned : patterned.replace(pattern, MASK);
  };
  return {
    text,
    observation(observation) {
      return observation.kind === "job"
        ? {
            ...observation,
            job: maskJob(observation.job, once(text)),
            warnings: observation.warnings.map(text),
          }
        : { ...observation, text: shortened(text(observation.text)) };
    },
    learn(token) {
      tokens = [token, ...tokens].slice(0, REMEMBERED_TOKENS);
      pattern = patternOf([...fixed, ...tokens]);
    },
  };
}

function credentialsOf({ auth }: Project): Secret[] {
  switch (auth.kind) {
    case "aksk":
      return [
        auth.accessKey,
        auth.secretKey,
        ...(auth.securityToken === undefined ? [] : [auth.securityToken]),
      ];
    case "password":
      return [auth.password];
    case "token":
      return [auth.token];
    default:
      return auth satisfies never;
  }
}

/** Longest first: of two secrets one of which begins like the other, no rest may stay. */
function patternOf(secrets: readonly Secret[]): RegExp | null {
  const spelt = new Set(secrets.flatMap((secret) => spellings(secret.reveal())));
  const literal = [...spelt]
    .sort((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return literal.length === 0 ? null : new RegExp(literal.join("|"), "g");
}

const spellings = (secret: string): string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret.toWellFormed()),
];

/** A tree says the same again and again: the cluster's ID and name stand in each of its jobs. */
function once(mask: (text: string) => string): (text: string) => string {
  const masked = new Map<string, string>();
  return (text) => {
    const known = masked.get(text);
    if (known !== undefined) return known;
    const hidden = mask(text);
    masked.set(text, hidden);
    return hidden;
  };
}

function maskJob(job: Job, mask: (text: string) => string): Job {
  const hide = (text: string | null) => (text === null ? null : mask(text));
  return {
    ...job,
    jobId: hide(job.jobId),
    type: hide(job.type),
    phase: hide(job.phase),
    reason: hide(job.reason),
    clusterId: hide(job.clusterId),
    resourceId: hide(job.resourceId),
    resourceName: hide(job.resourceName),
    subJobs: job.subJobs.map((subJob) => maskJob(subJob, mask)),
  };
}
