import type { Project } from "../config/projects.ts";
import type { Job, Observation } from "../domain/job.ts";
import { Secret } from "../domain/secret.ts";
import { truncate } from "../domain/truncate-text.ts";

const MASK = "<secret>";

/** The maximum length of an observation's text. A notification cannot show a longer text. */
const MAX_TEXT_CHARACTERS = 400;
/** The number of the latest tokens of IAM that are masked, because a reply may repeat an earlier token. */
const MAX_TOKENS = 4;

/**
 * Matches the canonical request that the gateway repeats in an error. The canonical request is one line with bars, or
 * several lines. The last part of a canonical request is a hash.
 */
const CANONICAL_REQUEST = /(canonical[-_ ]?request["']?\s*[:=]\s*)[\s\S]*?(?:[|\n][0-9a-f]{64}\b|$)/gi;
const SIGNATURE = /(Signature\s*[=:]\s*)[0-9a-f]{16,}/gi;
/** The minimum length of a text that can match CANONICAL_REQUEST or SIGNATURE. */
const MIN_PATTERN_CHARACTERS = "canonicalrequest:".length;

/** A mask that replaces a project's credentials, signatures and canonical requests by `<secret>`. */
export interface CredentialMask {
  maskText(text: string): string;
  /** Masks all texts of an observation, and truncates the text of an observation without a job. */
  maskObservation(observation: Observation): Observation;
  /** Adds a token of IAM to the masked credentials. */
  addToken(token: Secret): void;
}

/** Creates the mask for the credentials of one project. */
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
        // Truncation is the last step, because the mask would not recognize a truncated secret.
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

/**
 * Returns a pattern that matches every secret, with the longest secret first. With a shorter secret first, the rest of
 * a longer secret with the same beginning would stay visible.
 */
function patternOf(secrets: readonly Secret[]): RegExp | null {
  const spellings = new Set(secrets.flatMap((secret) => spellingsOf(secret.reveal())));
  const escaped = [...spellings]
    .sort((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return escaped.length === 0 ? null : new RegExp(escaped.join("|"), "g");
}

/** Returns a secret unchanged, as part of a JSON string, and percent-encoded. */
const spellingsOf = (secret: string): string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret.toWellFormed()),
];

/** Returns a mask that remembers results, because the jobs of a tree repeat many texts, such as the cluster's ID. */
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
