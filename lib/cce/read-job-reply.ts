import type { AccessErrorKind, Instant, Observation } from "../domain/job.ts";
import { readHttpDate, readRetryAfter } from "../http/retry-after.ts";
import { type CceError, describeReply, readCceError } from "./cce-error.ts";
import { readJob } from "./read-job.ts";

export interface JobReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A code such as `CCE.01404001` comes from CCE itself and not from the gateway. It means that the job is unknown. */
const UNKNOWN_JOB_CODE = /^CCE\..*404|^CCE_CM\.0003$/i;

/** These statuses are temporary (RFC 9110, 4918, 8470). An operator does not have to do anything. */
const TEMPORARY_STATUSES: ReadonlySet<number> = new Set([408, 409, 423, 425]);

/** The gateway accepts a difference of 15 minutes. A tenth of it is reported as the likely cause. */
const MIN_REPORTED_SKEW_MS = 90_000;

/**
 * Reads a reply to a job query as one observation. Its text names the project when `project` is given.
 * The text is not masked.
 * Source of the codes: https://support.huaweicloud.com/intl/en-us/api-cce/ErrorCode.html
 */
export function readJobReply(reply: JobReply, now: Instant, project: string | null = null): Observation {
  const { status, body } = reply;
  const job = status === 200 ? readJob(body) : null;
  if (job !== null) return { kind: "job", job: job.job, warnings: job.warnings };
  const headers = Object.fromEntries(
    Object.entries(reply.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const error = readCceError(body);
  const details = describeReply(status, error);
  const accessError = (kind: AccessErrorKind): Observation => {
    const forProject = project === null ? "" : ` for project ${project}`;
    return { kind, text: `${adviceOn(kind, { status, headers, error, now, forProject })} (${details})` };
  };
  if (status === 401) return accessError("unauthorized");
  if (status === 403) return accessError("forbidden");
  if (status === 429) {
    const retryAfterSeconds = readRetryAfter(headers["retry-after"], now);
    return { kind: "throttled", text: `CCE limits the rate of queries (${details})`, retryAfterSeconds };
  }
  if (status === 404 && error.codes.some((code) => UNKNOWN_JOB_CODE.test(code)))
    return { kind: "gone", text: `CCE does not know this job (${details})` };
  if (status >= 300 && status < 500 && !TEMPORARY_STATUSES.has(status)) return accessError("misconfigured");
  return { kind: "unavailable", text: `CCE did not return the job (${details})` };
}

interface RefusedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly error: CceError;
  readonly now: Instant;
  /** ` for project NAME`, or empty. */
  readonly forProject: string;
}

/** Says what CCE refuses and what the operator should do. */
function adviceOn(kind: AccessErrorKind, reply: RefusedReply): string {
  const { status, forProject } = reply;
  switch (kind) {
    case "unauthorized":
      return adviceOnCredentials(reply);
    case "forbidden":
      return `CCE forbids reading the job${forProject}: give its user or agency the permission cce:job:get (CCE ReadOnlyAccess), and check projectId`;
    case "misconfigured":
      if (status >= 300 && status < 400)
        return `CCE's address${forProject} answers with a redirect: set endpoint to the CCE API itself`;
      return status === 404
        ? `CCE's address${forProject} has no job API: check endpoint, region and projectId`
        : `CCE does not accept the query${forProject}: check projectId, region and endpoint`;
    default:
      return kind satisfies never;
  }
}

function adviceOnCredentials({ headers, error, now, forProject }: RefusedReply): string {
  if (error.codes.includes("APIGW.0307"))
    return `CCE refuses the token${forProject}: it has expired or belongs to another region; check region, endpoint and auth`;
  if (!error.codes.includes("APIGW.0301"))
    return `CCE refuses the credentials${forProject}: check auth, region and projectId`;
  const skewMs = reportedSkewMs(error.message) ?? now - (readHttpDate(headers.date) ?? now);
  if (Math.abs(skewMs) < MIN_REPORTED_SKEW_MS)
    return `CCE refuses the signature${forProject}: check accessKey and secretKey, and securityToken for temporary keys`;
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  return `CCE refuses the signature${forProject}: the clock is ${minutes} minutes off; correct the clock, the gateway accepts 15 minutes`;
}

/** The gateway reports an expired signature as `signature time:20260528T092752Z,server time:20260528T094410Z`. */
function reportedSkewMs(message: string | null): number | null {
  const [, ours, theirs] =
    /signature time:\s*(\w{16})\s*,\s*server time:\s*(\w{16})/.exec(message ?? "") ?? [];
  const skewMs = parseCompactTime(ours) - parseCompactTime(theirs);
  return Number.isNaN(skewMs) ? null : skewMs;
}

/** Parses `20260528T092752Z`. Returns NaN for any other text. */
const parseCompactTime = (text = ""): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
