import type { Observation } from "../domain/job.ts";
import { DEADLINE_PASSED, REQUEST_INVALID } from "../http/send-http-request.ts";
import { isCertificateError } from "../http/tls-options.ts";
import { MAX_BODY_BYTES, MAX_VALUES } from "./send-cce-request.ts";

/** The observation of a request that returned no job. */
export type Refusal = Exclude<Observation, { readonly kind: "job" }>;

/**
 * The refusal if the reply to a job query is too large. The service cannot use the first part of the reply, because CCE
 * sends the status of the job after the subjobs.
 */
export const TOO_LARGE: Refusal = {
  kind: "unavailable",
  text: `CCE's reply is larger than any job: over ${MAX_BODY_BYTES / 1024 ** 2} MiB or ${MAX_VALUES} values`,
};

export const NOT_A_LIST: Refusal = {
  kind: "unavailable",
  text: "CCE returned one job in place of the list of jobs",
};

export function refuseUnknownProject(project: string): Refusal {
  return {
    kind: "misconfigured",
    text: `Project ${project} is not in the config: add it, or stop the watch`,
  };
}

export function refuseMissingEndpoint(project: string): Refusal {
  return {
    kind: "misconfigured",
    text: `Project ${project} has no endpoint: set region, or endpoint (and iamEndpoint for sign-in with a password)`,
  };
}

/** @param key the key of the config that contains the URL */
export function refusePlainHttp(project: string, key: "endpoint" | "iamEndpoint"): Refusal {
  return {
    kind: "misconfigured",
    text: `Project ${project} has a URL in ${key} that does not use https: use https, or list the host in settings.egress.allow`,
  };
}

/**
 * Returns the refusal for a request that got no reply.
 * @param code the code of the network error, such as `ECONNREFUSED`
 */
export function refuseAfterNetworkError(project: string, code: string): Refusal {
  if (code === REQUEST_INVALID)
    return {
      kind: "misconfigured",
      text: `The credentials of project ${project} contain a character that HTTP headers do not allow: set them again`,
    };
  if (code === DEADLINE_PASSED) return { kind: "unavailable", text: "CCE did not answer in time" };
  const advice = isCertificateError(code)
    ? `: its certificate is not trusted, so check endpoint and ca of project ${project}`
    : "";
  return { kind: "unavailable", text: `CCE cannot be reached (${code})${advice}` };
}

/** Returns the refusal for a query that waits because earlier queries of the project got no reply in time. */
export function refuseWhileNotAnswering(project: string, waitMs: number): Refusal {
  return {
    kind: "unavailable",
    text: `Queries for project ${project} wait, because CCE did not answer in time`,
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  };
}

/** Returns the refusal for a query that waits because CCE or IAM asked the service to wait. */
export function refuseWhileThrottled(
  project: string,
  kind: "throttled" | "unavailable",
  waitSeconds: number,
): Refusal {
  const text =
    kind === "throttled"
      ? `Queries for project ${project} wait, because CCE limits their rate`
      : `Queries for project ${project} wait, because CCE or IAM is not available and asked for a wait`;
  return { kind, text, retryAfterSeconds: waitSeconds };
}
