import type * as z from "zod/mini";
import type { Context } from "../context.ts";
import { pointerOf } from "./faults.ts";
import { type Fault, type Refusal, refuse } from "./problem.ts";
import { Submission } from "./submission.ts";

const CONTEXT = ["actor", "pipeline", "runUrl", "commit"] as const satisfies (keyof Context)[];
const PLAIN = ["project", "callbackUrl"] as const;
/** Every query parameter of `POST /v1/jobs?from=cce`. */
export const REPLY_PARAMETERS: readonly string[] = [
  "from",
  "notify",
  "deadlineMinutes",
  ...PLAIN,
  ...CONTEXT,
];

/**
 * A submission made of the query and of the reply of a create or delete call. It is held to the same schema as
 * a body of our own; its faults are told by the parameter they came from.
 */
export function replySubmission(
  query: URLSearchParams,
  reply: unknown,
  jobIdOfReply: (body: unknown) => string | null,
): { readonly kind: "submission"; readonly submission: Submission; readonly fromReply: true } | Refusal {
  const jobId = jobIdOfReply(reply);
  const parsed = Submission.safeParse({ ...fields(query), jobId: jobId ?? "" });
  const faults: Fault[] = [
    ...parameterFaults(query),
    ...(jobId === null
      ? [{ pointer: "#", detail: "holds no job ID: it is not the reply of a create or delete call" }]
      : []),
    ...(parsed.success ? [] : parsed.error.issues.map(asFault)),
  ];
  if (!parsed.success || faults.length > 0)
    return refuse("invalid-request", "Nothing was accepted. Each fault is in 'errors'.", faults);
  return { kind: "submission", submission: parsed.data, fromReply: true };
}

function fields(query: URLSearchParams): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const name of PLAIN) if (query.has(name)) given[name] = query.get(name);
  if (query.has("notify"))
    given.notify = query
      .getAll("notify")
      .flatMap((names) => names.split(","))
      .map((name) => name.trim())
      .filter((name) => name !== "");
  const minutes = query.get("deadlineMinutes");
  if (minutes !== null) given.deadlineMinutes = minutes.trim() === "" ? Number.NaN : Number(minutes);
  const context = Object.fromEntries(
    CONTEXT.filter((name) => query.has(name)).map((name) => [name, query.get(name)]),
  );
  if (Object.keys(context).length > 0) given.context = context;
  return given;
}

function parameterFaults(query: URLSearchParams): Fault[] {
  const names = [...new Set(query.keys())];
  return names.flatMap((parameter): Fault[] => {
    if (!REPLY_PARAMETERS.includes(parameter))
      return [{ parameter, detail: "is not a parameter of this call" }];
    if (parameter === "from" && query.get("from") !== "cce") return [{ parameter, detail: "must be 'cce'" }];
    if (parameter !== "notify" && query.getAll(parameter).length > 1)
      return [{ parameter, detail: "is given more than once" }];
    return [];
  });
}

function asFault({ path, message }: z.core.$ZodIssue): Fault {
  const parameter = path[0] === "context" ? path[1] : path[0];
  if (parameter === undefined || parameter === "jobId") return { pointer: pointerOf([]), detail: message };
  return { parameter: String(parameter), detail: message };
}
