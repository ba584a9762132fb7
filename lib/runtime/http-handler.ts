import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { ApiRequest, ApiResponse } from "../api/http-message.ts";
import { type ProblemResponse, problemResponse, renderProblem, unavailable } from "../api/problem.ts";
import { ConfigInvalidError, ConfigUnreadableError } from "../config/config-source.ts";
import { type Invocation, onLambda } from "./invocation.ts";
import { log } from "./log.ts";
import { isTransientAwsError } from "./retry-aws.ts";

/** The fields of a request's log line that the function finds out while it handles the request. */
export interface RequestNotes {
  /** The route as the API's description names it. The path as sent may contain anything and is never logged. */
  readonly route: string;
  /** The caller; null while the caller is not known. */
  readonly caller: string | null;
}

/** Adds fields to the log line of the request. */
export type Note = (notes: Partial<RequestNotes>) => void;

/**
 * Handles one request. Answers expected errors itself.
 * @throws ConfigUnreadableError, ConfigInvalidError and transient errors of AWS: `httpHandler` answers them with 503.
 * `httpHandler` answers any other error with the problem `internal-error`.
 */
export type HandleRequest = (request: ApiRequest, invocation: Invocation, note: Note) => Promise<ApiResponse>;

/** Every response carries the request ID, which also stands in each log line of the invocation. */
const REQUEST_ID = "x-request-id";

/**
 * The Lambda handler of a function behind the HTTP API (payload format 2.0). An error that `handle` throws is logged in
 * full. Its caller gets a problem that contains nothing of the error but its kind and the request ID.
 */
export function httpHandler(handle: HandleRequest) {
  return onLambda<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(async (event, invocation) => {
    const request = readRequest(event);
    const { method, requestId } = request;
    // The gateway knows the api function by one route, `$default`: the function itself notes the route it matched.
    let notes: RequestNotes = { route: event.routeKey, caller: null };
    const note: Note = (found) => {
      notes = { ...notes, ...found };
    };
    const response = await handle(request, invocation, note).catch((error: unknown) => {
      log.error("request failed", { method, ...notes, requestId }, error);
      return renderProblem(problemOfError(error), requestId);
    });
    log.info("request", { method, ...notes, status: response.status, requestId });
    return {
      statusCode: response.status,
      headers: { [REQUEST_ID]: requestId, ...response.headers },
      ...(response.body === undefined ? {} : { body: response.body }),
    };
  });
}

const INTERNAL_ERROR_DETAIL =
  "The service has failed. You may safely send the request again. The operator finds the cause by the request ID.";

/** Without a config the service is unavailable, and no caller can do anything about it but wait. */
const NO_CONFIG_DETAIL = "The service has no config at the moment. You may safely send the request again.";

const AWS_OUTAGE_DETAIL =
  "A service of AWS does not answer at the moment. You may safely send the request again.";

function problemOfError(error: unknown): ProblemResponse {
  if (error instanceof ConfigUnreadableError || error instanceof ConfigInvalidError)
    return unavailable(NO_CONFIG_DETAIL);
  return isTransientAwsError(error)
    ? unavailable(AWS_OUTAGE_DETAIL)
    : problemResponse("internal-error", INTERNAL_ERROR_DETAIL);
}

function readRequest(event: APIGatewayProxyEventV2): ApiRequest {
  const { http, requestId } = event.requestContext;
  return {
    method: http.method.toUpperCase(),
    path: event.rawPath,
    query: new URLSearchParams(event.rawQueryString),
    headers: event.headers,
    body: event.isBase64Encoded ? Buffer.from(event.body ?? "", "base64").toString() : (event.body ?? ""),
    requestId,
  };
}
