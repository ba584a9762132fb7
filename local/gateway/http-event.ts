import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { createTraceId } from "../lambda/function-host.ts";
import { ACCOUNT_ID } from "../template/scope.ts";

/**
 * The media types of request bodies that API Gateway passes as text. API Gateway passes request bodies of all other
 * media types as base64.
 */
const TEXT_TYPES = /^(text\/|application\/(json|javascript|xml)\b|application\/[^;]+\+(json|xml)\b)/i;
/** The media type that API Gateway sets for a request without a body and without a media type. */
const ADDED_TYPE = "application/json";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * Returns the Lambda event for an HTTP request, in API Gateway's payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function createHttpEvent(options: {
  request: IncomingMessage;
  /** The path of the request, decoded from percent-encoding. */
  rawPath: string;
  body: Buffer;
  routeKey: string;
  pathParameters: Readonly<Record<string, string>>;
  at: Date;
}): APIGatewayProxyEventV2 {
  const { request, rawPath, body, routeKey, pathParameters, at } = options;
  const [, ...rest] = (request.url ?? "/").split("?");
  const rawQueryString = rest.join("?");
  const { cookie, ...headers } = joinHeaders(request);
  const query = joinValues([...new URLSearchParams(rawQueryString)]);
  const isBase64Encoded = !TEXT_TYPES.test(headers["content-type"] ?? "");
  const domainName = headers.host ?? "";
  const sourceIp = request.socket.remoteAddress ?? "";
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split(/;\s*/) }),
    headers: {
      ...(body.length === 0 && { "content-type": ADDED_TYPE }),
      ...headers,
      "x-amzn-trace-id": createTraceId(at.getTime()),
      "x-forwarded-for": [headers["x-forwarded-for"], sourceIp].filter(Boolean).join(", "),
      "x-forwarded-port": String(request.socket.localPort ?? ""),
      "x-forwarded-proto": "http",
    },
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters: { ...pathParameters } }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: "embedded",
      domainName,
      domainPrefix: domainName.split(/[.:]/)[0] ?? "",
      http: {
        method: request.method ?? "GET",
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey,
      stage: "$default",
      time: logTime(at),
      timeEpoch: at.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? "base64" : "utf8") }),
    isBase64Encoded: body.length > 0 && isBase64Encoded,
  };
}

/**
 * Returns the headers of a request with names in lower case. If a request contains a header several times, the values
 * are joined with commas. The values of `cookie` headers are joined with semicolons.
 */
function joinHeaders({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values]) => [
      name,
      (values ?? []).join(name === "cookie" ? "; " : ","),
    ]),
  );
}

function joinValues(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of pairs)
    joined[name] = Object.hasOwn(joined, name) ? `${joined[name]},${value}` : value;
  return joined;
}

/** Formats a time in the format of web server logs, for example `23/Nov/2026:09:30:00 +0000`. */
function logTime(at: Date): string {
  const [day = "", time = ""] = at.toISOString().split(/[T.]/);
  const [year, month, date] = day.split("-");
  return `${date}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
}
