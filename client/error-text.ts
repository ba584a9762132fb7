import type { Problem, RequestError } from "../lib/api/problem-response.ts";
import { truncate } from "../lib/domain/truncate-text.ts";
import { ProblemError, type SentRequest, TokenError, UnreachableError } from "./errors.ts";
import { UsageError } from "./option-values.ts";
import { toPrintable } from "./printable-text.ts";

/** An error as JSON: the problem document of the service, or an object with `detail`. */
export type ErrorDocument = Problem | { readonly detail: string };

/**
 * The request fields whose values are never printed. The callback URL is secret, because anyone with the URL can send
 * messages to it.
 */
const SECRET_FIELDS = ["callbackUrl"];
const MAX_VALUE_LENGTH = 80;

export function toErrorDocument(error: unknown): ErrorDocument {
  return error instanceof ProblemError ? error.problem : { detail: messageOf(error) };
}

/**
 * Returns the error message, and one line for each invalid value in the request.
 * @param name the name of the job or target for which the call failed.
 */
export function formatErrorLines(error: unknown, name?: string): readonly string[] {
  const message = name === undefined ? messageOf(error) : `${name}: ${messageOf(error)}`;
  if (!(error instanceof ProblemError)) return [message];
  const faults = (error.problem.errors ?? []).filter(({ detail }) => !message.includes(detail));
  return [message, ...faults.map((fault) => formatFaultLine(fault, error.sent))];
}

/** The classes of errors whose messages can be shown to users. */
const ERRORS_FOR_PEOPLE = [ProblemError, UnreachableError, TokenError, UsageError];

function messageOf(error: unknown): string {
  const isForPeople = ERRORS_FOR_PEOPLE.some((type) => error instanceof type);
  const message = error instanceof Error ? error.message : String(error);
  return isForPeople ? message : `internal error: ${message}. ${REPORT}`;
}

const REPORT = "This is a bug of cce-notifier. Please report it with the command line and the version.";

/** Returns the output for an unexpected error: the error message without the stack trace. */
export function describeInternalError(error: unknown): string {
  return `cce-notifier: ${toPrintable(messageOf(error))}\n`;
}

/** Returns one line of text about an invalid value in a request, with the value that was sent. */
export function formatFaultLine(
  { pointer, parameter, detail }: RequestError,
  { body, query }: SentRequest,
): string {
  const path = pointer === undefined ? [] : pointerSteps(pointer);
  const value = parameter === undefined ? valueAt(body, path) : query?.get(parameter);
  const isShown =
    !SECRET_FIELDS.includes(parameter ?? path.at(-1) ?? "") && ["string", "number"].includes(typeof value);
  const location = pointer ?? parameter ?? "";
  return (
    isShown
      ? `'${truncate(String(value), MAX_VALUE_LENGTH)}' (${location}) ${detail}`
      : `${location} ${detail}`
  ).trim();
}

/** Splits a JSON pointer such as `#/notify/0` into its steps (RFC 6901, section 6). */
function pointerSteps(pointer: string): string[] {
  try {
    const steps = decodeURIComponent(pointer.replace(/^#/, "")).split("/").slice(1);
    return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  } catch {
    return [];
  }
}

function valueAt(body: unknown, steps: readonly string[]): unknown {
  const root = typeof body === "object" ? body : undefined;
  return steps.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? Reflect.get(value, step)
        : undefined,
    root,
  );
}
