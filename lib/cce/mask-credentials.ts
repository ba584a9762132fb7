import type { Project } from "../config/projects.ts";
import type { Job, Observation } from "../domain/job.ts";
import { Secret } from "../domain/secret.ts";
import { truncate } from "../domain/truncate-text.ts";

const MASK = "<secret>";

/** An observation's text is limited to what a notification can show. */
const MAX_TEXT_CHARACTERS = 400;
/** A reply may repeat an earlier token, so the latest tokens of IAM are all masked. */
const MAX_TOKENS = 4;

/** The gateway repeats the canonical request in its errors, as one line with bars or as lines that end in a hash. */
const CANONICAL_REQUEST = /(canonical[-_ ]?request["']?\s*[:=]\s*)[\s\S]*?(?:[|\n][0-9a-f]{64}\b|$)/gi;
const SIGNATURE = /(Signature\s*[=:]\s*)[0-9a-f]{16,}/gi;
/** A shorter text matches neither pattern. */
const MIN_PATTERN_CHARACTERS = "canonicalrequest:".length;

/** Replaces a project's credentials, signatures and canonical requests by `<secret>`. */
export interface CredentialMask {
  maskText(text: string): string;
  /** Masks all texts of an observation. A text that is not part of a job is also truncated. */
  maskObservation(observation: Observation): Observation;
  /** Adds a token of IAM to the masked credentials. */
  addToken(token: Secret): void;
}

export function createCredentialMask(project: Project): CredentialMask {
  const credentials = Object.values(project.auth).filter((value) => value instanceof Secret);
  let tokens: Secret[] = [];
  let pattern = patternOf(credentials);
  const maskText = (text: string) => {
    const withoutSignatures =
      text.length < MIN_PATTERN_CHARACTERS
        ? text
        : text.replace(CANONICAL_REQUEST, `$1${MASK}`).replace(SIGNATURE, `$1${MASK}`);
    return pattern === null ? withoutSignatures : withoutSignatures.replace(pattern, MASK);
  };
  return {
    maskText,
    maskObservation(observation) {
      if (observation.kind !== "job")
        // A truncated secret could not be masked any more, so truncation is the last step.
        return { ...observation, text: truncate(maskText(observation.text), MAX_TEXT_CHARACTERS) };
      const { job, warnings } = observation;
      return { kind: "job", job: maskJob(job, memoize(maskText)), warnings: warnings.map(maskText) };
    },
    addToken(token) {
      tokens = [token, ...tokens].slice(0, MAX_TOKENS);
      pattern = patternOf([...credentials, ...tokens]);
    },
  };
}

/** The longest secret comes first. Otherwise the rest of a secret that starts like a shorter one would stay visible. */
function patternOf(secrets: readonly Secret[]): RegExp | null {
  const spellings = new Set(secrets.flatMap((secret) => spellingsOf(secret.reveal())));
  const escaped = [...spellings]
    .sort((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return escaped.length === 0 ? null : new RegExp(escaped.join("|"), "g");
}

/** A text may contain a secret as it is, as part of JSON or percent-encoded. */
const spellingsOf = (secret: string): string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret.toWellFormed()),
];

/** A tree repeats many texts. For example, each of its jobs has the cluster's ID and name. */
function memoize(mask: (text: string) => string): (text: string) => string {
  const masked = new Map<string, string>();
  return (text) => {
    const known = masked.get(text);
    if (known !== undefined) return known;
    const result = mask(text);
    masked.set(text, result);
    return result;
  };
}

function maskJob(job: Job, mask: (text: string) => string): Job {
  const maskOrNull = (text: string | null) => (text === null ? null : mask(text));
  return {
    ...job,
    jobId: maskOrNull(job.jobId),
    type: maskOrNull(job.type),
    phase: maskOrNull(job.phase),
    reason: maskOrNull(job.reason),
    clusterId: maskOrNull(job.clusterId),
    resourceId: maskOrNull(job.resourceId),
    resourceName: maskOrNull(job.resourceName),
    subJobs: job.subJobs.map((subJob) => maskJob(subJob, mask)),
  };
}
