import type { Instant, Observation } from "../domain/job.ts";
import { readRetryAfter } from "../http/retry-after.ts";
import { readFault } from "./cce-error.ts";
import { accessErrorText, saidBy } from "./describe-error.ts";
import { readJob } from "./read-job.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `CCE.01404001` and its like: CCE itself, not the gateway before it, knows no such job. */
const NO_SUCH_JOB = /^CCE\..*404|^CCE_CM\.0003$/i;

/** Of the 4xx, those that pass by themselves (RFC 9110, 4918, 8470): nothing an operator could mend. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 423, 425]);

/**
 * Reads a reply to a job query; every reply is exactly one observation. `project`, if given, is named in what the
 * operator is told. The text is not masked yet: that is for whoever knows the credentials.
 * Source of the codes: https://support.huaweicloud.com/intl/en-us/api-cce/ErrorCode.html
 */
export function readReply(reply: Reply, now: Instant, project: string | null = null): Observation {
  const { status } = reply;
  if (status === 200) return readFound(reply);
  const headers = Object.fromEntries(
    Object.entries(reply.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const fault = readFault(reply.body);
  const said = saidBy({ status, fault });
  const accessError = (kind: "unauthorized" | "forbidden" | "misconfigured"): Observation => ({
    kind,
    text: accessErrorText(kind, { status, headers, fault }, now, project),
  });
  if (status === 401) return accessError("unauthorized");
  if (status === 403) return accessError("forbidden");
  if (status === 429) {
    const retryAfterSeconds = readRetryAfter(headers["retry-after"], now);
    return { kind: "throttled", text: `CCE asks for fewer queries (${said})`, retryAfterSeconds };
  }
  if (status === 404 && fault.codes.some((code) => NO_SUCH_JOB.test(code)))
    return { kind: "gone", text: `CCE knows no such job (${said})` };
  if (status >= 300 && status < 500 && !PASSING.has(status)) return accessError("misconfigured");
  return { kind: "unavailable", text: `CCE is not answering properly (${said})` };
}

function readFound({ status, body }: Reply): Observation {
  const read = readJob(body);
  if (read !== null) return { kind: "job", ...read };
  const said = saidBy({ status, fault: readFault(body) });
  return { kind: "unavailable", text: `CCE's answer is not a job (${said})` };
}
