import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { ACCOUNT } from "../template/scope.ts";

/** Types whose bodies a function gets as text; it gets all others as base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml)\b|application\/[^;]+\+(json|xml)\b)/i;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * The event a function gets for a request, payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function httpEvent(options: {
  request: IncomingMessage;
  body: Buffer;
  routeKey: string;
  pathParameters: Readonly<Record<string, string>>;
  at: Date;
}): APIGatewayProxyEventV2 {
  const { request, body, routeKey, pathParameters, at } = options;
  const [rawPath = "/", ...rest] = (request.url ?? "/").split("?");
  const rawQueryString = rest.join("?");
  const { cookie, ...headers } = joinedHeaders(request);
  const query = joined([...new URLSearchParams(rawQueryString)]);
  const isBase64Encoded = !TEXT.test(headers["content-type"] ?? "");
  const domainName = headers.host ?? "";
  const sourceIp = request.socket.remoteAddress ?? "";
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split(/;\s*/) }),
    headers: {
      ...headers,
      "x-amzn-trace-id": `Root=1-${Math.floor(at.getTime() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`,
      "x-forwarded-for": [headers["x-forwarded-for"], sourceIp].filter(Boolean).join(", "),
      "x-forwarded-port": String(request.socket.localPort ?? ""),
      "x-forwarded-proto": "http",
    },
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters: { ...pathParameters } }),
    requestContext: {
      accountId: ACCOUNT,
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

/** Names in lower case; what came several times joined by commas, cookies by semicolons. */
function joinedHeaders({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values]) => [
      name,
      (values ?? []).join(name === "cookie" ? "; " : ","),
    ]),
  );
}

function joined(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of pairs)
    found[name] = Object.hasOwn(found, name) ? `${found[name]},${value}` : value;
  return found;
}

/** `23/Nov/2026:09:30:00 +0000`, as in a web server's log. */
function logTime(at: Date): string {
  const [day = "", time = ""] = at.toISOString().split(/[T.]/);
  const [year, month, date] = day.split("-");
  return `${date}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
}
