import type { Instant, Observation } from "../domain/job.ts";
import type { SecretMask } from "../domain/secret-mask.ts";
import { parseHttpDate, readCappedRetryAfterSeconds } from "../http/retry-after.ts";
import {
  type CceError,
  classifyErrorReply,
  describeErrorReplyUnmasked,
  parseCceErrorOrEmpty,
  UNKNOWN_JOB_CODE,
} from "./cce-error.ts";
import { parseJob } from "./parse-job.ts";

export interface JobReply {
  readonly status: number;
  /** The response headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * If the clocks differ by 90 s or more, the error text about a refused signature states the difference. The API gateway
 * accepts a difference of up to 15 minutes.
 */
const MIN_REPORTED_SKEW_MS = 90_000;

/**
 * Texts for error messages about a query. `what` names the queried object, such as `job`. `permission` is the CCE
 * permission that a user needs for the query.
 */
export interface Queried {
  readonly what: string;
  readonly permission: string;
}

const JOB: Queried = { what: "job", permission: "cce:job:get" };

/**
 * Converts a response of CCE to a query of a job into an observation. The caller must mask the text of the observation,
 * because it may contain credentials.
 * @param maskBeforeTruncating masks the secrets in texts before the function truncates the texts
 * @param queried describes the queried object. By default, the queried object is a job. Source of the error codes:
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

/** Returns advice to the operator if the HTTP status probably means that the setting `endpoint` is wrong. */
function adviceOnEndpoint(status: number, project: string, what: string): string {
  if (status === 404)
    return `CCE's address for project ${project} has no ${what} API: check endpoint, region and projectId`;
  return status < 400
    ? `CCE's address for project ${project} answers with a redirect: set endpoint to the CCE API itself`
    : `CCE does not accept the query for project ${project}: check projectId, region and endpoint`;
}

/**
 * Returns advice to the operator if the response refuses the credentials of a project.
 * @param date the value of the header `Date` in the response
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
 * Returns the signature time minus the server time in milliseconds, from an error message about an expired signature.
 * An example of such a message is `signature time:20260528T092752Z,server time:20260528T094410Z`. If the message does
 * not contain the signature time and the server time, the result is null.
 */
function reportedSkewMs(message: string | null): number | null {
  const [, ours, theirs] =
    /signature time:\s*(\w{16})\s*,\s*server time:\s*(\w{16})/.exec(message ?? "") ?? [];
  const skewMs = parseCompactTime(ours) - parseCompactTime(theirs);
  return Number.isNaN(skewMs) ? null : skewMs;
}

/** Parses a time such as `20260528T092752Z`. If the time has another format, the result is NaN. */
const parseCompactTime = (text = ""): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
