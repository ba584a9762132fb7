import type * as z from "zod/mini";
import type { Context } from "../domain/context.ts";
import { listedIn, repeatedParameters, unknownParameters } from "./parameters.ts";
import type { Fault } from "./problem.ts";
import { type ReadableSubmission, readableIn } from "./readable-submission.ts";
import { pointerOf } from "./request-errors.ts";
import { Submission } from "./submission.ts";

const CONTEXT = ["actor", "pipeline", "runUrl", "commit"] as const satisfies (keyof Context)[];
const PLAIN = ["project", "callbackUrl"] as const;
const ONCE: readonly string[] = ["from", "deadlineMinutes", ...PLAIN, ...CONTEXT];
/** Every query parameter of `POST /v1/jobs?from=cce`. */
const REPLY_PARAMETERS: readonly string[] = ["notify", ...ONCE];

/** What a reply of the cloud holds: a job's ID, or the cloud's own words for why it refused the call; else null. */
export interface ReplyReader {
  jobIdOf(reply: unknown): string | null;
  refusalIn(reply: unknown): string | null;
}

/**
 * A submission made of the query and of the reply of a create or delete call. It is held to the same schema as
 * a body of our own; its faults are told by the parameter they came from.
 */
export function replySubmission(
  query: URLSearchParams,
  reply: unknown,
  { jobIdOf, refusalIn }: ReplyReader,
):
  | { readonly kind: "submission"; readonly submission: Submission }
  | { readonly kind: "faulty"; readonly faults: readonly Fault[]; readonly readable: ReadableSubmission } {
  const jobId = jobIdOf(reply);
  const given = fields(query);
  const parsed = Submission.safeParse({ ...given, jobId: jobId ?? "" });
  const faults: Fault[] = [
    ...parameterFaults(query),
    ...(jobId === null ? [{ pointer: "#", detail: withoutJobId(refusalIn(reply)) }] : []),
    ...(parsed.success ? [] : parsed.error.issues.map(asFault)),
  ];
  if (parsed.success && faults.length === 0) return { kind: "submission", submission: parsed.data };
  return { kind: "faulty", faults, readable: readableIn(given) };
}

function fields(query: URLSearchParams): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const name of PLAIN) if (query.has(name)) given[name] = query.get(name);
  if (query.has("notify")) given.notify = listedIn(query, "notify");
  const minutes = query.get("deadlineMinutes");
  if (minutes !== null) given.deadlineMinutes = minutes.trim() === "" ? Number.NaN : Number(minutes);
  const context = Object.fromEntries(
    CONTEXT.filter((name) => query.has(name)).map((name) => [name, query.get(name)]),
  );
  if (Object.keys(context).length > 0) given.context = context;
  return given;
}

function parameterFaults(query: URLSearchParams): Fault[] {
  const faults = [...unknownParameters(query, REPLY_PARAMETERS), ...repeatedParameters(query, ONCE)];
  if (query.get("from") !== "cce") faults.push({ parameter: "from", detail: "must be 'cce'" });
  // Most likely a variable of a pipeline that was never set. Taken for "nobody", it would lastPollError every notification.
  if (query.has("notify") && listedIn(query, "notify").length === 0)
    faults.push({ parameter: "notify", detail: "names no target; leave it out for the default" });
  return faults;
}

function withoutJobId(refusal: string | null): string {
  return refusal === null
    ? "holds no job ID: it is not the reply of a create or delete call"
    : `CCE refused the call: ${refusal}`;
}

/** A query has one place for all names in `notify`, so a fault of one of them says which it is. */
function asFault({ path, message }: z.core.$ZodIssue): Fault {
  const [field, entry] = path;
  const parameter = field === "context" ? entry : field;
  if (parameter === undefined || parameter === "jobId") return { pointer: pointerOf([]), detail: message };
  const which = field === "notify" && typeof entry === "number" ? `entry ${entry + 1} ` : "";
  return { parameter: String(parameter), detail: `${which}${message}` };
}
