import type { Project } from "../config/projects.ts";
import type { Instant, Observation } from "../domain/job.ts";
import type { AllowList } from "../http/allow-list.ts";
import { isSchemeAllowed } from "../http/check-url.ts";
import type { Connections } from "../http/connections.ts";
import { DEADLINE_PASSED, REQUEST_INVALID } from "../http/send-http-request.ts";
import { isCertificateError, toTlsOptions } from "../http/tls-options.ts";
import { type AuthHeaders, createAuthHeadersProvider, type Query } from "./auth-headers.ts";
import { type CceApi, createAutopilotFallback } from "./autopilot-fallback.ts";
import { findCceEndpoint, findIamEndpoint } from "./endpoints.ts";
import { createTokenCache, createTokenRequestBody, readTokenReply, type TokenResult } from "./iam-token.ts";
import { interpretJobReply } from "./interpret-job-reply.ts";
import { createCredentialMask } from "./mask-credentials.ts";
import { MAX_BODY_BYTES, MAX_VALUES, type SendCceRequest, sendRequestForText } from "./send-cce-request.ts";
import { createThrottle } from "./throttle.ts";

/**
 * The time limit for one request to IAM for a token. Several polls share one token request, so the time limit of a
 * single poll cannot apply to it.
 */
const TOKEN_TIME_LIMIT_MS = 10_000;
/**
 * The maximum size of the reply of IAM to a token request. The reply contains catalogs and roles, which take a few
 * kilobytes.
 */
const MAX_TOKEN_REPLY_BYTES = 1024 * 1024;

const API_PATHS: Readonly<Record<CceApi, string>> = { standard: "/api/v3", autopilot: "/autopilot/v3" };

const COMMON_HEADERS = { "accept-encoding": "identity", "user-agent": "cce-job-notifier/1" };

/** Functions that the queries of all projects share. */
export interface ProjectQueryPorts {
  readonly now: () => Instant;
  /**
   * Returns the time of a clock that is never set back, in milliseconds. The queries measure time limits with this
   * clock.
   */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly allow: AllowList;
  readonly connections: () => Connections;
  readonly sendCceRequest: SendCceRequest;
}

/** Queries one job of a project and returns an observation with masked credentials. Never throws. */
export type QueryProjectJob = (jobId: string, timeLimitMs: number) => Promise<Observation>;

/**
 * Creates a function that queries the jobs of one project. All queries of the project share one IAM token and one
 * throttle.
 */
export function createProjectJobQuery(
  name: string,
  project: Project,
  ports: ProjectQueryPorts,
): QueryProjectJob {
  const { now, monotonic, random, connections, sendCceRequest } = ports;
  const mask = createCredentialMask(project);
  const throttle = createThrottle(now, random);
  const tokens = createTokenCache(async () => {
    const result = await fetchToken(name, project, ports);
    if (result.kind === "token") mask.addToken(result.token);
    return result;
  }, now);
  const getAuthHeaders = createAuthHeadersProvider(project, tokens, now);
  const endpoint = URL.parse(findCceEndpoint(project) ?? "");
  const tls = toTlsOptions(project);

  const sendQuery = async (query: Query, auth: AuthHeaders, endAt: number): Promise<Observation> => {
    if (auth.kind !== "headers") return auth;
    const headers = { ...COMMON_HEADERS, accept: "application/json", ...auth.headers };
    return sendCceRequest(
      { connections: connections(), method: "GET", url: query.url, tls, headers, body: null },
      endAt,
      (result) => {
        if (result.kind === "answer") return interpretJobReply(result, now(), name, mask.maskText);
        return result.kind === "too_large" ? TOO_LARGE : observeFailure(result.code, name);
      },
    );
  };

  /**
   * Queries a job. If CCE replies with status 401 and new authentication headers are available, the function repeats
   * the query.
   */
  const queryTwice = async (query: Query, endAt: number): Promise<Observation> => {
    const auth = await getAuthHeaders(query);
    const observation = await sendQuery(query, auth, endAt);
    if (observation.kind !== "unauthorized" || auth.kind !== "headers") return observation;
    const otherAuth = await getAuthHeaders(query, auth);
    return otherAuth === auth ? observation : sendQuery(query, otherAuth, endAt);
  };

  const queryBothApis = createAutopilotFallback(project.autopilot, (api, jobId, endAt) =>
    endpoint === null
      ? Promise.resolve(missingEndpoint(name))
      : !isSchemeAllowed(endpoint, ports.allow)
        ? Promise.resolve(plainHttp(name, "endpoint"))
        : queryTwice(createQuery(endpoint, api, project.projectId, jobId), endAt),
  );
  let waitKind: "throttled" | "unavailable" = "throttled";

  return async (jobId, timeLimitMs) => {
    const waitSeconds = throttle.waitSeconds();
    if (waitSeconds > 0)
      return { kind: waitKind, text: waitText(name, waitKind), retryAfterSeconds: waitSeconds };
    const observation = mask.maskObservation(await queryBothApis(jobId, monotonic() + timeLimitMs));
    const { kind } = observation;
    const stopsProject =
      kind === "throttled" || (kind === "unavailable" && observation.retryAfterSeconds !== undefined);
    if (!stopsProject) {
      throttle.recordReply();
      return observation;
    }
    waitKind = kind;
    const retryAfterSeconds = throttle.recordThrottled(observation.retryAfterSeconds ?? null);
    return { kind, text: observation.text, retryAfterSeconds };
  };
}

const waitText = (project: string, kind: "throttled" | "unavailable"): string =>
  kind === "throttled"
    ? `Queries for project ${project} wait, because CCE limits their rate`
    : `Queries for project ${project} wait, because CCE or IAM is not available and asked for a wait`;

/** Returns the query for a job. The JSON documents of both APIs have the same form. */
function createQuery(endpoint: URL, api: CceApi, projectId: string, jobId: string): Query {
  const prefix = `${endpoint.pathname.replace(/\/$/, "")}${API_PATHS[api]}/projects/${projectId}/jobs/`;
  const base = new URL(prefix.split("/").map(encodeURIComponent).join("/"), endpoint.origin);
  return { url: new URL(encodeURIComponent(jobId), base), path: prefix + jobId };
}

async function fetchToken(name: string, project: Project, ports: ProjectQueryPorts): Promise<TokenResult> {
  const endpoint = findIamEndpoint(project);
  if (project.auth.kind !== "password" || endpoint === null) return missingEndpoint(name);
  if (!isSchemeAllowed(new URL(endpoint), ports.allow)) return plainHttp(name, "iamEndpoint");
  const reply = await sendRequestForText({
    connections: ports.connections(),
    method: "POST",
    tls: toTlsOptions(project),
    url: new URL(`${endpoint}/v3/auth/tokens?nocatalog=true`),
    headers: { ...COMMON_HEADERS, "content-type": "application/json" },
    body: createTokenRequestBody(project.auth, project.projectId),
    deadlineMs: TOKEN_TIME_LIMIT_MS,
    maxBytes: MAX_TOKEN_REPLY_BYTES,
  });
  return readTokenReply(reply, ports.now(), name);
}

function observeFailure(code: string, project: string): Observation {
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

/**
 * The observation if the reply to a job query is too large. The service cannot use the first part of the reply, because
 * CCE sends the status of the job after the subjobs.
 */
const TOO_LARGE: Observation = {
  kind: "unavailable",
  text: `CCE's reply is larger than any job: over ${MAX_BODY_BYTES / 1024 ** 2} MiB or ${MAX_VALUES} values`,
};

const plainHttp = (project: string, key: "endpoint" | "iamEndpoint"): Observation => ({
  kind: "misconfigured",
  text: `Project ${project} has a URL in ${key} that does not use https: use https, or list the host in settings.egress.allow`,
});

const missingEndpoint = (project: string): Observation => ({
  kind: "misconfigured",
  text: `Project ${project} has no endpoint: set region, or endpoint (and iamEndpoint for sign-in with a password)`,
});
