import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { Problem } from "../lib/api/problem.ts";
import { againAfterMs } from "./again.ts";
import { bearerToken } from "./bearer-token.ts";
import { ProblemError, type Sent, UnreachableError } from "./errors.ts";

/** Where the service is and who is calling; the rest can be replaced by tests. */
export interface Connection {
  /** The API's address, without `/v1`. */
  readonly url: string;
  /** A bearer token, or what fetches one: asked for before every call, because identity tokens are short-lived. */
  readonly token: string | (() => Promise<string>);
  readonly fetch?: typeof fetch;
  readonly wait?: (ms: number) => Promise<unknown>;
  readonly random?: () => number;
}

export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** Sent as it is when it is a text, else as JSON. */
  readonly body?: unknown;
  /** Whether the call may be made twice without anybody being told twice. */
  readonly repeatable: boolean;
  /** How long the service may hold the answer. */
  readonly holdSeconds?: number;
}

const ANSWER_MS = 30_000;

/**
 * Makes a call, again where that is harmless and helps, and reads the answer with `schema`. Throws a `ProblemError`
 * for what the service refuses, an `UnreachableError` when no good answer arrives, and a `TokenError` for what is no
 * token. None of them holds the token.
 */
export async function request<T>(connection: Connection, call: Call, schema: z.ZodMiniType<T>): Promise<T> {
  const { wait = sleep, random = Math.random } = connection;
  for (let tries = 1; ; tries += 1) {
    const answer = await tryOnce(connection, call);
    if (answer.kind === "answered" && answer.status < 300) return read(answer.text, schema);
    const againMs = againAfterMs(answer, call.repeatable, tries, random());
    if (againMs !== null) await wait(againMs);
    else if (answer.kind === "answered") throw new ProblemError(problemOf(answer), sentBy(call));
    else throw new UnreachableError(unreachable(connection.url, answer.cause), { cause: answer.cause });
  }
}

type Answer =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly retryAfterSeconds: number | null;
      readonly text: string;
    }
  | { readonly kind: "unanswered"; readonly cause: unknown };

async function tryOnce(connection: Connection, call: Call): Promise<Answer> {
  const { url, token, fetch: send = fetch } = connection;
  const { method, path, body, holdSeconds = 0 } = call;
  const bearer = bearerToken(typeof token === "string" ? token : await token());
  try {
    const answer = await send(`${url.replace(/\/+$/, "")}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${bearer}`,
        accept: "application/json, application/problem+json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS + holdSeconds * 1000),
    });
    const seconds = /^\d{1,6}$/.exec(answer.headers.get("retry-after") ?? "")?.[0];
    return {
      kind: "answered",
      status: answer.status,
      retryAfterSeconds: seconds === undefined ? null : Number(seconds),
      text: await answer.text(),
    };
  } catch (cause) {
    return { kind: "unanswered", cause };
  }
}

function read<T>(text: string, schema: z.ZodMiniType<T>): T {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new UnreachableError("The answer is not one of this service's.", { cause: parsed.error });
}

/** Gateways in between answer with words of their own. */
function problemOf({ status, text }: { readonly status: number; readonly text: string }): Problem {
  const parsed = Problem.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const said = z.object({ message: z.string().check(z.maxLength(200)) }).safeParse(parseJson(text));
  const detail = said.success ? said.data.message : "The answer is not one of this service's.";
  return { type: "about:blank", title: `HTTP ${status}`, status, detail };
}

function sentBy({ path, body }: Call): Sent {
  return { body, query: new URL(path, "http://any.invalid").searchParams };
}

function parseJson(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, cause: unknown): string {
  const host = URL.canParse(url) ? new URL(url).host : "that address";
  return `The service at ${host} cannot be reached (${codeOf(cause) ?? "no answer"}).`;
}

const Thrown = z.partial(z.object({ name: z.unknown(), code: z.unknown(), cause: z.unknown() }));

/** `fetch` hides what went wrong, such as ECONNREFUSED, in the cause of its error. */
function codeOf(error: unknown): string | null {
  const thrown = Thrown.safeParse(error);
  if (!thrown.success) return null;
  const { name, code, cause } = thrown.data;
  if (name === "TimeoutError") return "timed out";
  return typeof code === "string" ? code : codeOf(cause);
}
