import { PROBLEMS, type ProblemKind, problemResponse, renderProblem } from "../api/problem-response.ts";
import type { JsonObject } from "../domain/json.ts";
import problemHelp from "./problem-help.json" with { type: "json" };

interface ProblemHelp {
  readonly cause: string;
  readonly remedy: string;
  /** The fields of the example that cannot be derived from the kind of error. */
  readonly example: {
    readonly detail: string;
    readonly errors?: readonly {
      readonly pointer?: string;
      readonly parameter?: string;
      readonly detail: string;
    }[];
  };
}

/**
 * Help about each error response: its cause, what to do, and an example (problem document, RFC 9457). In an error
 * response, the field `type` is a link to the help about the error in the API reference.
 */
export const PROBLEM_HELP: Readonly<Record<ProblemKind, ProblemHelp>> = problemHelp;

/** The schema and the examples of a request or response body, for each media type, such as `application/json`. */
export type Content = Readonly<Record<string, MediaType>>;

interface MediaType {
  readonly schema: JsonObject;
  /** Examples of the body by their names. */
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface ErrorResponse {
  readonly status: number;
  readonly description: string;
  readonly headers: readonly string[];
  readonly content: Content;
}

/**
 * Error responses that come from API Gateway and not from the service. For example, API Gateway answers 413 to a body
 * above 10 MB, and 503 if a function does not answer for 30 seconds. Sources:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
const GATEWAY_MESSAGES: Readonly<Record<number, string>> = {
  413: "Request Entity Too Large",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** The HTTP statuses with which API Gateway itself may respond to every call. */
const GATEWAY_STATUSES = [429, 431, 500, 503];

const ERROR_TITLES: Readonly<Record<number, string>> = {
  429: "Too many requests",
  431: "The URL and the headers are too long",
};

const ERROR_HEADERS: Readonly<Record<number, readonly string[]>> = {
  401: ["www-authenticate"],
  403: ["www-authenticate"],
  429: ["retry-after"],
  503: ["retry-after"],
};

/**
 * Returns all error responses of an operation, sorted by HTTP status. The result contains the errors of the service and
 * the errors of API Gateway.
 */
export function createErrorResponsesWithGatewayErrors(
  kinds: readonly ProblemKind[],
): readonly ErrorResponse[] {
  const statuses = new Set([...kinds.map((kind) => PROBLEMS[kind].status), ...GATEWAY_STATUSES]);
  return [...statuses].sort().map((status) => {
    const ofStatus = kinds.filter((kind) => PROBLEMS[kind].status === status);
    const titles = new Set(ofStatus.map((kind) => PROBLEMS[kind].title));
    return {
      status,
      description: [...titles].join(" / ") || (ERROR_TITLES[status] ?? GATEWAY_MESSAGES[status] ?? ""),
      headers: ofStatus.length === 0 ? [] : (ERROR_HEADERS[status] ?? []),
      content: { ...problemContent(ofStatus), ...gatewayContent(status) },
    };
  });
}

function problemContent(kinds: readonly ProblemKind[]): Content {
  if (kinds.length === 0) return {};
  const examples = kinds.map((kind) => [kind, { value: createProblemExample(kind) }] as const);
  return {
    "application/problem+json": {
      schema: { $ref: "#/components/schemas/Problem" },
      examples: Object.fromEntries(examples),
    },
  };
}

export function createProblemExample(kind: ProblemKind): unknown {
  const { detail, errors } = PROBLEM_HELP[kind].example;
  const { body } = renderProblem(problemResponse(kind, detail, errors), "Jz8kFg2Tliq");
  return JSON.parse(body ?? "null");
}

function gatewayContent(status: number): Content {
  const message = GATEWAY_MESSAGES[status];
  if (message === undefined) return {};
  const schema = { $ref: "#/components/schemas/GatewayMessage" };
  return { "application/json": { schema, examples: { GatewayMessage: { value: { message } } } } };
}
