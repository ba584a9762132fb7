import { getCachedSecretMask } from "../domain/cached-secret-mask.ts";
import type { Job, Observation } from "../domain/job.ts";
import type { Secret } from "../domain/secret.ts";
import { createSecretMask } from "../domain/secret-mask.ts";
import { truncate } from "../domain/truncate-text.ts";

const MASK = "<secret>";

/** The maximum length of the text of an observation. A longer text would be too long for a notification. */
const MAX_TEXT_CHARACTERS = 400;
/** The mask hides the latest four IAM tokens of a project, because a response may contain an earlier token. */
const MAX_TOKENS = 4;

/**
 * Matches a canonical request, which is the text from which the signature of a request is computed. An error response
 * of the API gateway may contain the canonical request. The canonical request has several lines, or one line with `|`
 * as separator. A canonical request ends with a hash.
 */
const CANONICAL_REQUEST = /(canonical[-_ ]?request["']?\s*[:=]\s*)[\s\S]*?(?:[|\n][0-9a-f]{64}\b|$)/gi;
const SIGNATURE = /(Signature\s*[=:]\s*)[0-9a-f]{16,}/gi;
/** A text with fewer characters cannot match CANONICAL_REQUEST or SIGNATURE. */
const MIN_PATTERN_CHARACTERS = "canonicalrequest:".length;

/** Replaces secrets by `<secret>`: secrets of the config, IAM tokens, signatures and canonical requests. */
export interface CredentialMask {
  maskText(text: string): string;
  /**
   * Masks the secrets in all texts of an observation. If the observation contains no job, the function also truncates
   * the text of the observation.
   */
  maskObservation(observation: Observation): Observation;
  /** Adds an IAM token to the secrets that the mask hides. */
  addToken(token: Secret): void;
}

/**
 * Creates the mask for responses of CCE and IAM about one project.
 * @param config the config with all secrets. The mask hides the secrets of all projects and targets. A proxy between
 * the service and CCE may know any secret.
 */
export function createMaskOfConfigSecretsAndAddedTokens(config: object): CredentialMask {
  const maskConfig = getCachedSecretMask(config);
  let tokens: Secret[] = [];
  let maskTokens = createSecretMask([]);
  const maskText = (text: string) => {
    const withoutSignatures =
      text.length < MIN_PATTERN_CHARACTERS
        ? text
        : text.replace(CANONICAL_REQUEST, `$1${MASK}`).replace(SIGNATURE, `$1${MASK}`);
    return maskConfig(maskTokens(withoutSignatures));
  };
  return {
    maskText,
    maskObservation(observation) {
      if (observation.kind !== "job")
        // The code masks first and truncates second, because the mask does not find a part of a secret.
        return { ...observation, text: truncate(maskText(observation.text), MAX_TEXT_CHARACTERS) };
      const { job, warnings, message } = observation;
      const masked = { job: maskJob(job, memoize(maskText)), warnings: warnings.map(maskText) };
      return { kind: "job", ...masked, ...(message != null && { message: maskText(message) }) };
    },
    addToken(token) {
      tokens = [token, ...tokens].slice(0, MAX_TOKENS);
      maskTokens = createSecretMask(tokens.map((one) => one.reveal()));
    },
  };
}

/**
 * Returns a mask that caches its results. The reason: many subjobs of a job contain the same text, for example the
 * cluster ID.
 */
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
