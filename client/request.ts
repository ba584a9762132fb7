import { setTimeout as sleep } from "node:timers/promises";
import type * as z from "zod/mini";
import { Problem } from "../lib/api/problem-response.ts";
import { parseJsonOrUndefined, toObjectOrEmpty } from "../lib/domain/json.ts";
import { ProblemError, UnreachableError } from "./errors.ts";
import { explainNetworkError } from "./network-error-text.ts";
import { type FailedTry, retryDelayMs } from "./retry-delay.ts";
import { createSecureFetch, type Fetch } from "./secure-fetch.ts";
import { parseToken } from "./token.ts";

/** The address of the service and the caller's token. Tests replace the functions `fetch`, `wait` and `random`. */
export interface Connection {
  /** The URL of the API without the path `/v1`. */
  readonly url: string;
  /** A bearer token, or a function that the client calls for a token before each request. */
  readonly token: string | (() => Promise<string>);
  readonly fetch?: Fetch;
  readonly wait?: (ms: number) => Promise<unknown>;
  readonly random?: () => number;
}

export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** The body of the request. A string is sent unchanged, and a value of any other type is sent as JSON. */
  readonly body?: unknown;
  /** False if a repeated request would send a second notification to the target. */
  readonly repeatable: boolean;
  /** The time in seconds that the service may wait before it responds. By default, the service responds immediately. */
  readonly waitSeconds?: number;
}

const TIMEOUT_MS = 30_000;
const UNKNOWN_RESULT =
  "The service may have carried out the call. Check the deliveries before you repeat it.";
const OTHER_ORIGIN = "The response does not come from the service.";

const secureFetch = createSecureFetch();

/**
 * A response of the service. `retryAfterSeconds` is the number of seconds in the header `retry-after`, or null without
 * this header.
 */
export interface Reply<T> {
  readonly data: T;
  readonly retryAfterSeconds: number | null;
}

/** Sends the same request as `requestReply`, and returns only the data of the response. */
export async function requestData<T>(
  connection: Connection,
  call: Call,
  schema: z.ZodMiniType<T>,
): Promise<T> {
  return (await requestReply(connection, call, schema)).data;
}

/**
 * Calls the service and parses the response. The client repeats a failed call only if the repetition can succeed and
 * cannot send a second notification.
 * @throws ProblemError if the service refuses the call.
 * @throws UnreachableError if the service sends no response.
 * @throws TokenError if the token is invalid.
 */
export async function requestReply<T>(
  connection: Connection,
  call: Call,
  schema: z.ZodMiniType<T>,
): Promise<Reply<T>> {
  const { wait = sleep, random = Math.random } = connection;
  for (let tries = 1; ; tries += 1) {
    const result = await tryOnce(connection, call);
    if (result.status !== null && result.status < 300) {
      const parsed = schema.safeParse(result.text === "" ? null : parseJsonOrUndefined(result.text));
      if (parsed.success) return { data: parsed.data, retryAfterSeconds: result.retryAfterSeconds };
      throw new UnreachableError(OTHER_ORIGIN, { cause: parsed.error });
    }
    const delayMs = retryDelayMs(result, call.repeatable, tries, random());
    if (delayMs !== null) await wait(delayMs);
    else if (result.status === null) throw unreachableError(connection.url, result.cause);
    else throw problemError(result, call);
  }
}

type Result =
  | (FailedTry & { readonly status: number; readonly text: string })
  | (FailedTry & { readonly status: null; readonly cause: unknown });

async function tryOnce(connection: Connection, call: Call): Promise<Result> {
  const { url, token, fetch: send = secureFetch } = connection;
  const { method, path, body, waitSeconds = 0 } = call;
  const bearerToken = parseToken(typeof token === "string" ? token : await token());
  const headers = new Headers({
    authorization: `Bearer ${bearerToken}`,
    accept: "application/json, application/problem+json",
  });
  if (body !== undefined) headers.set("content-type", "application/json");
  try {
    const response = await send(`${url.replace(/(?<!\/)\/+$/, "")}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS + waitSeconds * 1000),
    });
    const seconds = /^\d{1,6}$/.exec(response.headers.get("retry-after") ?? "")?.[0];
    const text = await response.text();
    return {
      status: response.status,
      retryAfterSeconds: seconds === undefined ? null : Number(seconds),
      isProblem: Problem.safeParse(parseJsonOrUndefined(text)).success,
      text,
    };
  } catch (cause) {
    return { status: null, retryAfterSeconds: null, isProblem: false, cause };
  }
}

/**
 * Returns the error for a refused call. A gateway between the client and the service can send an error response without
 * a problem document (RFC 9457).
 */
function problemError(
  { status, text }: { readonly status: number; readonly text: string },
  call: Call,
): ProblemError {
  const sent = { body: call.body, query: new URL(call.path, "http://any.invalid").searchParams };
  const document = parseJsonOrUndefined(text);
  const parsed = Problem.safeParse(document);
  if (parsed.success) return new ProblemError(parsed.data, sent);
  const { message } = toObjectOrEmpty(document);
  const reported =
    typeof message === "string" && message.length <= MAX_MESSAGE_LENGTH ? message : OTHER_ORIGIN;
  const isUnknown = !call.repeatable && status >= 500;
  const detail = isUnknown ? `${reported.replace(/\.?$/, ".")} ${UNKNOWN_RESULT}` : reported;
  return new ProblemError({ type: "about:blank", title: `HTTP ${status}`, status, detail }, sent);
}

const MAX_MESSAGE_LENGTH = 200;

function unreachableError(url: string, cause: unknown): UnreachableError {
  const host = URL.canParse(url) ? new URL(url).host : "this address";
  return new UnreachableError(`The service at ${host} cannot be reached: ${explainNetworkError(cause)}.`, {
    cause,
  });
}
