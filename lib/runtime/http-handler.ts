import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type Invocation, onLambda } from "./invocation.ts";
import { log } from "./log.ts";

export interface HttpRequest {
  readonly method: string;
  /** As sent, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; repeated headers joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Decoded as UTF-8; bytes that are none become U+FFFD. */
  readonly body: string;
  readonly requestId: string;
  readonly sourceIp: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a request's log line says of it beside the answer. */
export interface RequestNotes {
  /** What was asked for, as the API's description names it: never the path as sent, which may hold anything. */
  readonly route: string;
  /** Who asked; null as long as that is not known. */
  readonly caller: string | null;
}
export type Note = (found: Partial<RequestNotes>) => void;

/** Answers of every kind carry the request ID, which is also in each log line of the invocation. */
const REQUEST_ID = "x-request-id";

/**
 * A function behind the HTTP API (payload format 2.0). `handle` answers expected faults itself; what it throws is
 * logged in full and told the caller as a 500 that says nothing but the request ID. What only it finds out about the
 * request, it notes: the gateway knows the status function by one route, `$default`.
 */
export function httpHandler(
  handle: (request: HttpRequest, invocation: Invocation, note: Note) => Promise<HttpResponse>,
) {
  return onLambda<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(async (event, invocation) => {
    const request = asRequest(event);
    let notes: RequestNotes = { route: event.routeKey, caller: null };
    const note: Note = (found) => {
      notes = { ...notes, ...found };
    };
    const response = await handle(request, invocation, note).catch((error: unknown) => {
      log.error("request failed", { method: request.method, ...notes, request_id: request.requestId }, error);
      return internalError(request.requestId);
    });
    log.info("request", {
      method: request.method,
      ...notes,
      status: response.status,
      request_id: request.requestId,
    });
    return {
      statusCode: response.status,
      headers: { [REQUEST_ID]: request.requestId, ...response.headers },
      ...(response.body === undefined ? {} : { body: response.body }),
    };
  });
}

function internalError(requestId: string): HttpResponse {
  return {
    status: 500,
    headers: { "content-type": "application/problem+json" },
    body: JSON.stringify({
      type: "about:blank",
      title: "Internal Server Error",
      status: 500,
      detail:
        "This is a fault of the service. Asking again is safe; the operator finds it by the request ID.",
      instance: `urn:request:${requestId}`,
    }),
  };
}

function asRequest(event: APIGatewayProxyEventV2): HttpRequest {
  const { http, requestId } = event.requestContext;
  return {
    method: http.method.toUpperCase(),
    path: event.rawPath,
    query: new URLSearchParams(event.rawQueryString),
    headers: event.headers,
    body: event.isBase64Encoded ? Buffer.from(event.body ?? "", "base64").toString() : (event.body ?? ""),
    requestId,
    sourceIp: http.sourceIp,
  };
}
