import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import {
  nameNotFound,
  type ProblemResponse,
  problemResponse,
  renderProblem,
  unavailable,
} from "../../lib/api/problem-response.ts";
import { refuseLargeOrCompressedBody } from "../../lib/api/request-body.ts";
import { invalidRequest, toRequestErrors } from "../../lib/api/request-errors.ts";
import { matchRoute, ROUTES } from "../../lib/api/routes.ts";
import { configuredOrDerivedSmnOrigins } from "../../lib/cce/endpoints.ts";
import {
  confirmVerifiedSmnSubscriptionOrThrow,
  createCachedCertificateFetcher,
  type EventResult,
  type FetchFromSmn,
  isCtsTraceOfCce,
  isValidSmnSignature,
  SmnMessage,
} from "../../lib/cce/smn.ts";
import type { ConfigWithCredentials } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { DiscoverySettings } from "../../lib/config/projects.ts";
import type { Clock } from "../../lib/domain/job.ts";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { getCachedEgress, guardedFetchOrThrow } from "../../lib/http/egress.ts";
import type { OutgoingProxy } from "../../lib/http/outgoing-proxy.ts";
import { toTlsOptions } from "../../lib/http/tls-options.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { HandleRequest } from "../../lib/runtime/answer-and-log-request.ts";
import type { Invocation } from "../../lib/runtime/invocation.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { DiscoverJobsOfProject } from "./create-discover-handler.ts";

/** The maximum difference between the time in a message and the service's clock. */
const MAX_AGE_MS = 300_000;
/**
 * After an SMN message, the list of the project's jobs may take at most `LIST_MS`, because SMN waits only five seconds
 * for the response to its message.
 */
const LIST_MS = 3000;

export interface SmnPorts {
  readonly ledger: Pick<Ledger, "saveSmnMessageIdOnce" | "hasSmnMessageId">;
  readonly configs: Pick<ConfigSource<ConfigWithCredentials>, "current" | "refreshed">;
  readonly proxy: OutgoingProxy | null;
  readonly now: Clock;
  /**
   * Sends a GET request to SMN (Simple Message Notification). By default, the request uses the certificate authorities
   * of the project. The egress rules (rules for outgoing connections) decide whether the request is allowed.
   */
  readonly fetchFromSmn?: FetchFromSmn;
  /** Called with the result of each SMN message. */
  readonly onEvent?: typeof logAndCountSmnMessage;
}

interface Scope {
  readonly project: string;
  readonly config: ConfigWithCredentials;
  readonly settings: DiscoverySettings;
  readonly message: SmnMessage;
  readonly fetchFromSmn: FetchFromSmn;
}

/** The reason why the service refuses a message. */
type Refusal = "timestamp" | "certificate_host" | "signature" | "confirmation_host" | "repeated" | "topic";

const REFUSAL_DETAILS: Readonly<Record<Exclude<Refusal, "topic">, string>> = {
  timestamp: "The time of the message is more than five minutes from the time of the service.",
  certificate_host: "The host in 'signing_cert_url' is not SMN in the region of the topic.",
  signature: "The signature of the message is not valid.",
  confirmation_host: "The host in 'subscribe_url' is not the console of the cloud of the topic.",
  repeated: "The service has received the message before.",
};

/**
 * Creates the handler of `POST /v1/events/smn/{project}`, which receives messages of SMN (the message service of Huawei
 * Cloud). The handler accepts a message if it has a valid signature of SMN and belongs to a topic in the config. If SMN
 * asks for a confirmation of a subscription, the handler confirms it. CTS (Cloud Trace Service, the audit log of Huawei
 * Cloud) records each call of the CCE API. If a message reports a call of the CCE API, the handler lists the jobs of
 * the project at once.
 */
export function createSmnHandler(discover: DiscoverJobsOfProject, ports: SmnPorts): HandleRequest {
  const readCertificate = createCachedCertificateFetcher(ports.now);
  return async (request, invocation, note) => {
    const { method, path } = ROUTES.receiveSmnMessage;
    note({ route: `${method} ${path}` });
    const read = await readMessage(request, ports);
    const result = read.kind === "problem" ? read : await receive(read, invocation);
    return "kind" in result ? renderProblem(result, request.requestId) : result;
  };

  async function receive(scope: Scope, invocation: Invocation): Promise<ApiResponse | ProblemResponse> {
    const { onEvent = logAndCountSmnMessage, now, ledger } = ports;
    const { project, settings, message, fetchFromSmn } = scope;
    const report = (result: EventReport["result"], more: Partial<EventReport> = {}) =>
      onEvent({ project, type: message.type, result, ...more });
    const refuse = (reason: Exclude<Refusal, "topic">) => {
      report("refused", { reason });
      return problemResponse("message-refused", REFUSAL_DETAILS[reason]);
    };
    const fail = (error: unknown) => {
      report("failed", { error });
      return unavailable("SMN does not respond. The service needs SMN to check or to confirm the message.");
    };

    const { topics = [], smnEndpoint } = settings;
    if (!topics.includes(message.topic_urn)) {
      report("refused", { reason: "topic" });
      // Anyone can send a message, so the response must not show whether the project exists or has topics.
      return nameNotFound("project", project);
    }
    if (Math.abs(now() - Date.parse(message.timestamp)) > MAX_AGE_MS) return refuse("timestamp");
    const origins = configuredOrDerivedSmnOrigins(message.topic_urn, smnEndpoint);
    if (!origins.certificate.includes(originOf(message.signing_cert_url))) return refuse("certificate_host");
    const fetched = await readCertificate(message.signing_cert_url, fetchFromSmn);
    if (fetched.kind === "unavailable") return fail(fetched.cause);
    if (!isValidSmnSignature(fetched.certificate, message, now())) return refuse("signature");
    const { type, subscribe_url = "" } = message;
    const confirms = type === "SubscriptionConfirmation";
    if (confirms && !origins.confirmation.includes(originOf(subscribe_url)))
      return refuse("confirmation_host");
    // The stored ID contains the project, because SMN uses the same message ID for all projects of a topic.
    const messageId = `${project}/${message.message_id}`;
    if (await ledger.hasSmnMessageId(messageId)) return refuse("repeated");
    let result: EventResult["result"] = "ignored";
    if (confirms) {
      try {
        await confirmVerifiedSmnSubscriptionOrThrow(subscribe_url, fetchFromSmn);
      } catch (cause) {
        return fail(cause);
      }
      result = "confirmed";
    } else if (type === "Notification" && isCtsTraceOfCce(message.message)) {
      const limits = { listMs: LIST_MS, remainingMs: invocation.remainingMs };
      const list = await discover(project, settings, "event", limits, scope.config);
      result = list === "listed" ? "listed" : "requested";
    }
    // The function stores the message ID only after a success. After an error, SMN can therefore send the same message
    // again. When the ledger deletes the ID, the message is already older than `MAX_AGE_MS`.
    if (!(await ledger.saveSmnMessageIdOnce(messageId, now() + 3 * MAX_AGE_MS))) return refuse("repeated");
    report(result);
    return jsonResponse(200, { result } satisfies EventResult);
  }
}

/**
 * Reads the message from a request, and finds the project of the message. The function does not check the content type,
 * because SMN does not document it. For a project without topics, the response is the same as for an unknown project.
 */
async function readMessage(
  request: ApiRequest,
  { configs, proxy, now, fetchFromSmn }: SmnPorts,
): Promise<(Scope & { readonly kind: "message" }) | ProblemResponse> {
  const { body, method, path } = request;
  const route = matchRoute(method, path);
  const project = route.kind === "matched" ? (route.params.project ?? "") : "";
  const refusal = refuseLargeOrCompressedBody(request);
  if (refusal !== null) return refusal;
  const json = parseJsonOrUndefined(body);
  if (json === undefined) return problemResponse("malformed-json", "The body is not valid JSON.");
  const parsed = SmnMessage.safeParse(json);
  if (!parsed.success) return invalidRequest(toRequestErrors(parsed));
  const message = parsed.data;
  const find = (config: ConfigWithCredentials) =>
    Object.hasOwn(config.projects, project) ? config.projects[project] : undefined;
  let config = await configs.current();
  // An operator may have added the topic after the latest read of the config, so the function reads the config again.
  if (find(config)?.discover?.topics?.includes(message.topic_urn) !== true)
    config = await configs.refreshed();
  const configured = find(config);
  const settings = configured?.discover;
  if (configured === undefined || settings?.topics === undefined) return nameNotFound("project", project);
  const egress = getCachedEgress(config.settings.egress.allow, now(), proxy);
  const tls = toTlsOptions({ ca: configured.ca });
  const fetchGuarded: FetchFromSmn = (url, limits) => guardedFetchOrThrow(url, { egress, tls, ...limits });
  return { kind: "message", project, config, settings, message, fetchFromSmn: fetchFromSmn ?? fetchGuarded };
}

/**
 * Returns the scheme, the host and the port of a URL. If the URL is invalid or contains a user name or a password, the
 * result is an empty text.
 */
function originOf(text: string): string {
  const url = URL.parse(text);
  return url === null || url.username !== "" || url.password !== "" ? "" : url.origin;
}

interface EventReport {
  readonly project: string;
  readonly type: SmnMessage["type"];
  readonly result: EventResult["result"] | "refused" | "failed";
  /** The reason why the service refused the SMN message. */
  readonly reason?: Refusal;
  /** The error if a request to SMN failed. */
  readonly error?: unknown;
}

/** Writes a log line and the metrics about an SMN message. */
export function logAndCountSmnMessage({ error, ...report }: EventReport): void {
  const { result } = report;
  if (result === "failed") log.error("event failed", report, error);
  else if (result === "refused") log.warn("event", report);
  else log.info("event", report);
  meter.add("Events", 1, { result });
  if (result === "failed") meter.add("EventsFailed", 1);
}
