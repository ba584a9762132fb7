import type { MiddyfiedHandler } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type ApiRequest, type ApiResponse, removeUnsafeHeaderCharacters } from "../api/http-message.ts";
import {
  type ProblemResponse,
  problemResponse,
  renderProblem,
  unavailable,
} from "../api/problem-response.ts";
import { ConfigInvalidError, ConfigUnreadableError } from "../config/config-source.ts";
import { toTraceparentVersion00 } from "../domain/traceparent.ts";
import {
  decodeTextByDetectedOrDeclaredCharset,
  withoutByteOrderMarks,
} from "../http/decompress-and-decode-text.ts";
import { LedgerUnavailableError, NewerItemError } from "../ledger/ledger.ts";
import { createLambdaHandler, type Invocation } from "./invocation.ts";
import { log, runWithTraceparentInLogs } from "./log.ts";
import { meter } from "./metrics.ts";
import { isAwsUnavailableOrMisconfigured } from "./retry-aws.ts";

/** Fields of a request's log line whose values only the handler of the request knows. */
export interface RequestNotes {
  /**
   * The route of the request in the OpenAPI document. The log does not contain the real path, because a path may
   * contain any text.
   */
  readonly route: string;
  /** The name of the caller. As long as the caller is unknown, `caller` is null. */
  readonly caller: string | null;
}

/** Adds values to the log line of the request. */
export type Note = (notes: Partial<RequestNotes>) => void;

/**
 * If an error is expected, the handler returns an error response.
 * @throws ConfigUnreadableError, ConfigInvalidError, NewerItemError, LedgerUnavailableError or a failure of AWS. After
 * an expected error, the caller gets a response with status 503.
 * @throws any other error, for which the caller gets the problem document `internal-error` (RFC 9457).
 */
export type HandleRequest = (request: ApiRequest, invocation: Invocation, note: Note) => Promise<ApiResponse>;

/** The response header that contains the request ID. All log lines of the invocation contain the request ID too. */
const REQUEST_ID = "x-request-id";

/**
 * Calls the handler of a request, writes one log line, and returns the response. If `handle` throws an error, the log
 * contains the complete error. The caller gets only the kind of error and the request ID. All log lines contain the
 * trace context of the request.
 * @param defaultRoute the route in the log line if the handler does not set a route
 */
export function answerAndLogRequest(
  handle: HandleRequest,
  request: ApiRequest,
  invocation: Invocation,
  defaultRoute: string,
): Promise<ApiResponse> {
  return runWithTraceparentInLogs(toTraceparentVersion00(request.headers.traceparent), () =>
    answer(handle, request, invocation, defaultRoute),
  );
}

async function answer(
  handle: HandleRequest,
  request: ApiRequest,
  invocation: Invocation,
  defaultRoute: string,
): Promise<ApiResponse> {
  const { method, requestId, sourceIp } = request;
  let notes: RequestNotes = { route: defaultRoute, caller: null };
  const note: Note = (found) => {
    notes = { ...notes, ...found };
  };
  const response = await handle(request, invocation, note).catch((error: unknown) => {
    log.error("request failed", { method, ...notes, sourceIp, requestId }, error);
    return renderProblem(problemOfError(error), requestId);
  });
  if (response.status >= 500) meter.add("ServerErrors", 1);
  log.info("request", { method, ...notes, sourceIp, status: response.status, requestId });
  return {
    ...response,
    headers: removeUnsafeHeaderCharacters({ [REQUEST_ID]: requestId, ...response.headers }),
  };
}

const INTERNAL_ERROR_DETAIL =
  "The service has failed. You may safely send the request again. The operator can find the cause with the request ID.";

/** The text of the error response while the service has no valid config. */
const NO_CONFIG_DETAIL = "The service has no config at the moment. You may safely send the request again.";

const AWS_OUTAGE_DETAIL =
  "A service of AWS does not answer at the moment. You may safely send the request again.";

const LEDGER_UNAVAILABLE_DETAIL =
  "The database of the service cannot be used at the moment. You may safely send the request again.";

const NEWER_RELEASE_DETAIL =
  "A newer release of the service wrote the data. An upgrade or a rollback is under way. You may safely send the request again.";

function problemOfError(error: unknown): ProblemResponse {
  if (error instanceof NewerItemError) return unavailable(NEWER_RELEASE_DETAIL);
  if (error instanceof LedgerUnavailableError) return unavailable(LEDGER_UNAVAILABLE_DETAIL);
  if (error instanceof ConfigUnreadableError || error instanceof ConfigInvalidError)
    return unavailable(NO_CONFIG_DETAIL);
  return isAwsUnavailableOrMisconfigured(error)
    ? unavailable(AWS_OUTAGE_DETAIL)
    : problemResponse("internal-error", INTERNAL_ERROR_DETAIL);
}

/** Creates the Lambda handler of a function that gets HTTP requests from API Gateway (payload format 2.0). */
export function createHttpHandler(
  handle: HandleRequest,
): MiddyfiedHandler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return createLambdaHandler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(
    async (event, invocation) => {
      // The log line contains `routeKey` as the route. For the function `api`, `routeKey` is always `$default`, so the
      // function sets the route with `note`.
      const response = await answerAndLogRequest(handle, readRequest(event), invocation, event.routeKey);
      return {
        statusCode: response.status,
        headers: { ...response.headers },
        ...(response.body === undefined ? {} : { body: response.body }),
      };
    },
  );
}

function readRequest(event: APIGatewayProxyEventV2): ApiRequest {
  const { http, requestId } = event.requestContext;
  return {
    method: http.method.toUpperCase(),
    path: event.rawPath,
    query: new URLSearchParams(event.rawQueryString),
    headers: event.headers,
    body: readBody(event),
    requestId,
    sourceIp: http.sourceIp,
  };
}

/** If a body is not UTF-8, API Gateway sends it as base64. */
function readBody({ body = "", isBase64Encoded, headers }: APIGatewayProxyEventV2): string {
  return isBase64Encoded
    ? decodeTextByDetectedOrDeclaredCharset(Buffer.from(body, "base64"), headers["content-type"])
    : withoutByteOrderMarks(body);
}
