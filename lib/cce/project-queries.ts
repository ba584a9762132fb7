import type { Project } from "../config/projects.ts";
import type { Clock, MonotonicClock, Observation, Random } from "../domain/job.ts";
import type { WatchedResource } from "../domain/job-resources.ts";
import type { Connections } from "../http/connections.ts";
import type { AllowList } from "../http/egress-rules.ts";
import { isSchemeAllowed } from "../http/egress-rules.ts";
import { toTlsOptions } from "../http/tls-options.ts";
import {
  type AuthHeaders,
  createAuthHeadersProvider,
  createQueryAddress,
  type QueryAddress,
} from "./auth-headers.ts";
import {
  type CceApi,
  createJobListerToleratingOptionalApiRefusal,
  createQueryTryingBothApis,
  type ListedJob,
  type ListReply,
} from "./autopilot.ts";
import {
  NOT_A_LIST,
  type Refusal,
  refusalAfterNetworkError,
  refusalForMissingEndpoint,
  refusalForPlainHttp,
  refusalWhileNotAnswering,
  refusalWhileThrottled,
  TOO_LARGE,
} from "./cce-error.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import type { CredentialMask } from "./credential-mask.ts";
import { configuredOrDerivedIamEndpoint, configuredOrRegionalCceEndpoint } from "./endpoints.ts";
import {
  createIamTokenCache,
  createIamTokenRequestBody,
  readIamTokenReply,
  type TokenResult,
} from "./iam-token.ts";
import { interpretJobReplyUnmasked, type JobReply, type Queried } from "./interpret-job-reply.ts";
import {
  interpretResourceReplyUnmasked,
  queryParametersOfResource,
  resourcePathParts,
  treatGoneAsSuccessOfDeletion,
} from "./interpret-resource-reply.ts";
import {
  type CceRequest,
  type SendCceRequest,
  sendRequestForText,
  type TextReplyOrFailure,
} from "./send-cce-request.ts";
import { streamJobList } from "./stream-job-list.ts";
import { createThrottleAfter429 } from "./throttle-after-429.ts";

/** The time limit for a request for an IAM token. */
const TOKEN_TIME_LIMIT_MS = 10_000;
/** The maximum size of a response with an IAM token. A usual response has a few kilobytes. */
const MAX_TOKEN_REPLY_BYTES = 1024 * 1024;

const JOB_PATHS: Readonly<Record<CceApi, string>> = { standard: "/api/v3", autopilot: "/autopilot/v3" };
/** Version 3 of the CCE API cannot list jobs. */
const LIST_PATHS: Readonly<Record<CceApi, string>> = { standard: "/api/v2", autopilot: "/autopilot/v2" };

const COMMON_HEADERS = { "accept-encoding": "identity", "user-agent": "cce-job-notifier/1" };

/** Functions and objects that the queries of all projects share. */
interface ProjectQueryPorts {
  readonly now: Clock;
  readonly monotonic: MonotonicClock;
  readonly random: Random;
  readonly allow: AllowList;
  /** Creates the mask for the responses of CCE about one project. */
  readonly createMask: () => CredentialMask;
  readonly connections: () => Connections;
  readonly sendCceRequest: SendCceRequest;
}

interface Wanted {
  /** The path of the URL after the API version, not percent-encoded. */
  readonly path: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
  readonly observe: (result: TextReplyOrFailure | { readonly kind: "too_large" }) => Observation;
}

/**
 * Queries of one project's jobs and resources. The results of the queries contain no secrets. The query functions never
 * throw an error.
 */
export interface ProjectQueries {
  /** See `CceClient.unansweredWaitMs`. */
  unansweredWaitMs(): number;
  /** Queries the state of one job from CCE. */
  queryJob(jobId: string, timeLimitMs: number): Promise<Observation>;
  /** See `CceClient.queryResource`. */
  queryResource(resource: WatchedResource, timeLimitMs: number): Promise<Observation>;
  /** See `CceClient.listJobs`. */
  listJobs(onJob: (job: ListedJob) => void, timeLimitMs: number): Promise<ListReply>;
}

/** Creates the functions that query CCE for one project. All queries share one IAM token and one throttle. */
export function createProjectQueries(
  name: string,
  project: Project,
  ports: ProjectQueryPorts,
): ProjectQueries {
  const { now, monotonic, random, connections, sendCceRequest } = ports;
  const mask = ports.createMask();
  const throttle = createThrottleAfter429(now, random);
  const breaker = createCircuitBreaker(monotonic, random);
  const tokens = createIamTokenCache(async () => {
    const startedAt = monotonic();
    const result = await fetchToken(name, project, ports);
    // If IAM does not respond, the circuit breaker stops the queries of the project, because all queries would wait for
    // IAM.
    if (result.kind === "unavailable" && monotonic() - startedAt >= TOKEN_TIME_LIMIT_MS)
      breaker.recordTimeout();
    if (result.kind === "token") mask.addToken(result.token);
    return result;
  }, now);
  const getAuthHeaders = createAuthHeadersProvider(project, tokens, now);
  const endpoint = URL.parse(configuredOrRegionalCceEndpoint(project) ?? "");
  const tls = toTlsOptions(project);

  const requestOf = (query: QueryAddress, auth: Extract<AuthHeaders, { kind: "headers" }>): CceRequest => {
    const headers = { ...COMMON_HEADERS, accept: "application/json", ...auth.headers };
    return { connections: connections(), method: "GET", url: query.url, tls, headers, body: null };
  };

  /**
   * Sends a query with the headers that authenticate the service. If CCE answers with status 401, the function creates
   * new headers and sends the query again. Without new headers, or if CCE requests a wait, the function sends the query
   * only once.
   */
  const sendTwice = async <Reply extends Observation | ListReply>(
    apiPath: string,
    { path, parameters = {} }: Pick<Wanted, "path" | "parameters">,
    send: (request: CceRequest) => Promise<Reply>,
  ): Promise<Reply | Observation> => {
    if (endpoint === null) return refusalForMissingEndpoint(name);
    if (!isSchemeAllowed(endpoint, ports.allow)) return refusalForPlainHttp(name, "endpoint");
    const query = createQueryAddress(endpoint, apiPath, path, parameters);
    const auth = await getAuthHeaders(query);
    if (auth.kind !== "headers") return auth;
    const reply = await send(requestOf(query, auth));
    if (reply.kind !== "unauthorized") return reply;
    const otherAuth = await getAuthHeaders(query, auth);
    if (otherAuth === auth || reply.retryAfterSeconds != null) return reply;
    return otherAuth.kind === "headers" ? send(requestOf(query, otherAuth)) : otherAuth;
  };

  const observeWith =
    (interpret: (reply: JobReply) => Observation): Wanted["observe"] =>
    (result) => {
      if (result.kind === "answer") return interpret(result);
      return result.kind === "too_large" ? TOO_LARGE : refusalAfterNetworkError(name, result.code);
    };
  const observeJob = (queried?: Queried) =>
    observeWith((reply) => interpretJobReplyUnmasked(reply, now(), name, mask.maskText, queried));
  const jobsPath = ["projects", project.projectId, "jobs"];
  const observeList = observeJob({ what: "job list", permission: "cce:job:list" });

  const queryBothApis = createQueryTryingBothApis(project.autopilot, (api, wanted: Wanted, endAt) =>
    sendTwice(JOB_PATHS[api], wanted, (request) => sendCceRequest(request, endAt, breaker, wanted.observe)),
  );

  const listBothApis = createJobListerToleratingOptionalApiRefusal(
    project.autopilot,
    now,
    async (api, onJob, endAt) => {
      const reply = await sendTwice(LIST_PATHS[api], { path: jobsPath }, (request) =>
        streamJobList(request, endAt - monotonic(), onJob, observeList),
      );
      return reply.kind === "job" ? NOT_A_LIST : reply;
    },
  );

  let waitKind: "throttled" | "unavailable" = "throttled";

  /** Returns null if a request is allowed now. If a request must wait, returns an observation about the wait. */
  const waitForThrottle = (): Refusal | null => {
    const waitSeconds = throttle.waitSeconds();
    if (waitSeconds === 0) return null;
    return refusalWhileThrottled(name, waitKind, waitSeconds);
  };

  /** Masks the secrets in an observation. If CCE or IAM asked for a wait, the function also informs the throttle. */
  const recordReply = (reply: Observation): Observation => {
    const observation = mask.maskObservation(reply);
    const { kind } = observation;
    const isRefusal = kind !== "job" && kind !== "gone";
    if (!isRefusal || observation.retryAfterSeconds === undefined) {
      throttle.recordReply();
      return observation;
    }
    waitKind = kind === "throttled" ? "throttled" : "unavailable";
    const retryAfterSeconds = throttle.recordThrottled(observation.retryAfterSeconds);
    return { kind, text: observation.text, retryAfterSeconds };
  };

  const query = async (id: string, wanted: Wanted, timeLimitMs: number): Promise<Observation> => {
    const postponed = waitForThrottle();
    if (postponed !== null) return postponed;
    const waitMs = breaker.waitBeforeQuery(timeLimitMs);
    if (waitMs > 0) return refusalWhileNotAnswering(name, waitMs);
    return recordReply(await queryBothApis(id, wanted, monotonic() + timeLimitMs));
  };

  return {
    unansweredWaitMs: breaker.remainingWaitMs,
    queryJob: (jobId, timeLimitMs) =>
      query(jobId, { path: [...jobsPath, jobId], observe: observeJob() }, timeLimitMs),
    async queryResource(resource, timeLimitMs) {
      const observe = observeWith((reply) =>
        interpretResourceReplyUnmasked(reply, resource, now(), name, mask.maskText),
      );
      const parameters = queryParametersOfResource(resource);
      const wanted = { path: resourcePathParts(resource, project.projectId), parameters, observe };
      return treatGoneAsSuccessOfDeletion(await query(resource.id, wanted, timeLimitMs), resource);
    },
    async listJobs(onJob, timeLimitMs) {
      const postponed = waitForThrottle();
      if (postponed !== null) return postponed;
      const reply = await listBothApis(onJob, monotonic() + timeLimitMs);
      if (reply.kind === "list") throttle.recordReply();
      const recorded = reply.kind === "list" ? reply : recordReply(reply);
      return recorded.kind === "job" ? NOT_A_LIST : recorded;
    },
  };
}

async function fetchToken(name: string, project: Project, ports: ProjectQueryPorts): Promise<TokenResult> {
  const endpoint = configuredOrDerivedIamEndpoint(project);
  if (project.auth.kind !== "password" || endpoint === null) return refusalForMissingEndpoint(name);
  if (!isSchemeAllowed(new URL(endpoint), ports.allow)) return refusalForPlainHttp(name, "iamEndpoint");
  const reply = await sendRequestForText({
    connections: ports.connections(),
    method: "POST",
    tls: toTlsOptions(project),
    url: new URL(`${endpoint}/v3/auth/tokens?nocatalog=true`),
    headers: { ...COMMON_HEADERS, "content-type": "application/json" },
    body: createIamTokenRequestBody(project.auth, project.projectId),
    timeLimitMs: TOKEN_TIME_LIMIT_MS,
    maxBytes: MAX_TOKEN_REPLY_BYTES,
  });
  return readIamTokenReply(reply, ports.now(), name);
}
