import type { Instant, Observation } from "../domain/job.ts";
import type { SecretMask } from "../domain/secret-mask.ts";
import { parseHttpDate, readCappedRetryAfterSeconds } from "../http/retry-after.ts";
import {
  type CceError,
  classifyErrorReply,
  describeErrorReplyUnmasked,
  parseCceErrorOrEmpty,
} from "./cce-error.ts";
import { parseJob } from "./parse-job.ts";

export interface JobReply {
  readonly status: number;
  /** Response headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Matches an error code such as `CCE.01404001`, which means that CCE does not know the job. */
const UNKNOWN_JOB_CODE = /^CCE\..*404|^CCE_CM\.0003$/i;

/**
 * If the API gateway refuses a signature, the error text names a clock difference of at least 90 s. The gateway accepts
 * a difference of up to 15 minutes.
 */
const MIN_REPORTED_SKEW_MS = 90_000;

/** What a query asks for, such as `job`, and the permission in CCE that the query needs. Error texts contain both. */
export interface Queried {
  readonly what: string;
  readonly permission: string;
}

const JOB: Queried = { what: "job", permission: "cce:job:get" };

/**
 * Converts the response to a job query into an observation. The text of the observation may contain credentials, so the
 * caller must mask the text.
 * @param maskBeforeTruncating masks secrets in texts that are then truncated
 * @param queried what the query asked for, by default a job. Source of the error codes:
 * https://support.huaweicloud.com/intl/en-us/api-cce/ErrorCode.html
 */
export function interpretJobReplyUnmasked(
  reply: JobReply,
  now: Instant,
  project: string,
  maskBeforeTruncating?: SecretMask,
  queried: Queried = JOB,
): Observation {
  const job = reply.status === 200 ? parseJob(reply.body, maskBeforeTruncating) : null;
  if (job !== null) return { kind: "job", job: job.job, warnings: job.warnings };
  return interpretErrorReplyUnmasked(reply, now, project, queried);
}

/** Converts a response without the queried job or resource into an observation. */
export function interpretErrorReplyUnmasked(
  { status, headers, body }: JobReply,
  now: Instant,
  project: string,
  { what, permission }: Queried,
): Observation {
  const error = parseCceErrorOrEmpty(body);
  const isUnknownJob = status === 404 && error.codes.some((code) => UNKNOWN_JOB_CODE.test(code));
  const kind = isUnknownJob ? "gone" : classifyErrorReply(status, error.codes);
  const texts: Readonly<Record<typeof kind, string>> = {
    gone: `CCE does not know this ${what}`,
    unauthorized: adviceOnCredentials(error, headers.date, now, project),
    forbidden: `CCE forbids reading the ${what} for project ${project}: give its user or agency the permission ${permission} (CCE ReadOnlyAccess), and check projectId`,
    misconfigured: adviceOnEndpoint(status, project, what),
    throttled: "CCE limits the rate of queries",
    unavailable: `CCE did not return the ${what}`,
  };
  const text = `${texts[kind]} (${describeErrorReplyUnmasked(status, error)})`;
  const retryAfterSeconds = readCappedRetryAfterSeconds(headers["retry-after"], now);
  if (kind === "throttled") return { kind, text, retryAfterSeconds };
  return { kind, text, retryAfterSeconds: retryAfterSeconds ?? undefined };
}

/** Returns advice for an HTTP status that probably means a wrong `endpoint`. */
function adviceOnEndpoint(status: number, project: string, what: string): string {
  if (status === 404)
    return `CCE's address for project ${project} has no ${what} API: check endpoint, region and projectId`;
  return status < 400
    ? `CCE's address for project ${project} answers with a redirect: set endpoint to the CCE API itself`
    : `CCE does not accept the query for project ${project}: check projectId, region and endpoint`;
}

/**
 * Returns advice for a response that refuses the credentials of a project.
 * @param date the header `Date` of the response
 */
function adviceOnCredentials(error: CceError, date: string | undefined, now: Instant, project: string) {
  if (error.codes.includes("APIGW.0307"))
    return `CCE refuses the token for project ${project}: it has expired or belongs to another region; check region, endpoint and auth`;
  if (!error.codes.includes("APIGW.0301"))
    return `CCE refuses the credentials for project ${project}: check auth, region and projectId`;
  const skewMs = reportedSkewMs(error.message) ?? now - (parseHttpDate(date) ?? now);
  if (Math.abs(skewMs) < MIN_REPORTED_SKEW_MS)
    return `CCE refuses the signature for project ${project}: check accessKey and secretKey, and securityToken for temporary keys`;
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  return `CCE refuses the signature for project ${project}: the clock is ${minutes} minutes off; correct the clock, the gateway accepts 15 minutes`;
}

/**
 * Returns the difference, in milliseconds, between the two times in a gateway error about an expired signature.
 * Example: `signature time:20260528T092752Z,server time:20260528T094410Z`. If the message does not contain two times,
 * the result is null.
 */
function reportedSkewMs(message: string | null): number | null {
  const [, ours, theirs] =
    /signature time:\s*(\w{16})\s*,\s*server time:\s*(\w{16})/.exec(message ?? "") ?? [];
  const skewMs = parseCompactTime(ours) - parseCompactTime(theirs);
  return Number.isNaN(skewMs) ? null : skewMs;
}

/** Parses a time such as `20260528T092752Z`. For any other format, the result is NaN. */
const parseCompactTime = (text = ""): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
