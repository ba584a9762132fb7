import type * as z from "zod/mini";
import { type Caller, mayUse } from "../auth/caller-rights.ts";
import type { Config } from "../config/config.ts";
import { describeIssueWithoutPath } from "../domain/zod-fields.ts";
import { type ProblemResponse, problemResponse, type RequestError } from "./problem-response.ts";

/**
 * Returns the position of a field as a JSON pointer (RFC 6901) in a URI fragment. For the label `a/b` of the context,
 * the result is `#/context/labels/a~1b`.
 */
export function toJsonPointerFragment(path: readonly PropertyKey[]): string {
  const steps = path.map((step) =>
    // `encodeURIComponent` throws an error for a name that contains only half of a surrogate pair.
    encodeURIComponent(String(step).replaceAll("~", "~0").replaceAll("/", "~1").toWellFormed()),
  );
  return ["#", ...steps].join("/");
}

/**
 * Returns the place of a field in the request, as a JSON pointer or as the name of a parameter. `path` contains the
 * names and indexes that lead to the field in the parsed request.
 */
export type Locate = (path: readonly PropertyKey[]) => Omit<RequestError, "detail">;

export const locateInBody: Locate = (path) => ({ pointer: toJsonPointerFragment(path) });

/** Converts the errors of a zod schema to errors in the request. Each unknown field becomes a separate error. */
export function toRequestErrors(
  { error }: z.core.util.SafeParseResult<unknown>,
  locate: Locate = locateInBody,
): RequestError[] {
  return (error?.issues ?? []).flatMap((issue): RequestError[] =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ ...locate([...issue.path, key]), detail: "unknown field" }))
      : [{ ...locate(issue.path), detail: describeIssueWithoutPath(issue) }],
  );
}

/**
 * Returns an error for each unknown query parameter. A misspelled parameter would have no effect, so the caller must
 * get an error. A parameter that occurs several times is also an error, unless the parameter is in `listParameters`.
 */
export function listParameterErrors(
  query: URLSearchParams,
  singleParameters: readonly string[] = [],
  listParameters: readonly string[] = [],
): RequestError[] {
  const unknown = [...new Set(query.keys())].filter(
    (name) => !singleParameters.includes(name) && !listParameters.includes(name),
  );
  const repeated = singleParameters.filter((name) => query.getAll(name).length > 1);
  return [
    ...unknown.map((parameter) => ({ parameter, detail: "unknown parameter" })),
    ...repeated.map((parameter) => ({ parameter, detail: "must be given only once" })),
  ];
}

/**
 * Returns all entries of a query parameter such as `notify`. The query may contain the parameter several times, and
 * each value may contain several entries, separated by commas.
 */
export function readListParameter(query: URLSearchParams, parameter: string): readonly string[] {
  return query
    .getAll(parameter)
    .flatMap((entries) => entries.split(","))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

const MAX_LISTED_NAMES = 20;

/**
 * Returns the error text for an unknown project or target. The error text contains the names that the caller may use.
 */
export function describeUnknownName(
  kind: "project" | "target",
  name: string,
  caller: Caller,
  config: Config,
): string {
  const usable = Object.keys(config[`${kind}s`]).filter((known) => mayUse(caller, { [kind]: known }));
  const more = usable.length - MAX_LISTED_NAMES;
  const list = `${usable.slice(0, MAX_LISTED_NAMES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const plural = kind === "project" ? "Projects" : "Targets";
  return `unknown ${kind} '${name}'. ${plural} you may use: ${list || "none"}.`;
}

/**
 * Creates the error response of a request with errors. If an error is in the body, the status is 422. If all errors are
 * in the query or the path, the status is 400.
 */
export function invalidRequest(
  errors: readonly RequestError[],
  kind: "invalid-parameter" | "invalid-request" = errors.some(({ pointer }) => pointer !== undefined)
    ? "invalid-request"
    : "invalid-parameter",
): ProblemResponse {
  const [error, ...others] = errors;
  const detail =
    error === undefined || others.length > 0
      ? `The request has ${errors.length} errors. See 'errors'.`
      : `\`${positionOf(error)}\`: ${error.detail}`.replace(/[^.]$/, "$&.");
  return problemResponse(kind, detail, errors);
}

/** Returns a position that is easy to read, such as `notify[0]`. */
function positionOf({ pointer, parameter }: RequestError): string {
  if (parameter !== undefined) return parameter;
  const steps = (pointer ?? "#").split("/").slice(1);
  if (steps.length === 0) return "body";
  return steps
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step, i) => (/^\d+$/.test(step) ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join("");
}
