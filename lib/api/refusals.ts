import type { WatchKey } from "../domain/job.ts";
import { type Fault, type Refusal, refuse } from "./problem.ts";

const REALM = 'Bearer realm="cce-job-notifier"';

/** 401 (RFC 6750, section 3): no token, none that could be read, or one that nobody here knows. */
export function unauthenticated(why: "absent" | "malformed" | "refused"): Refusal {
  const challenge = why === "absent" ? REALM : `${REALM}, error="invalid_token"`;
  return refuse("unauthenticated", UNAUTHENTICATED[why], [], { "www-authenticate": challenge });
}

const UNAUTHENTICATED = {
  absent: "Send a token: 'Authorization: Bearer …'.",
  malformed: "The header 'Authorization' holds no bearer token: send 'Authorization: Bearer …'.",
  refused:
    "The token is not valid here, or no longer. Check that it is whole and for this stage, or ask the operator for one.",
} as const;

/** A name the caller asked for and may not use, and where it stands in the request. */
export interface MissingScope extends Omit<Fault, "detail"> {
  readonly scope: "projects" | "targets";
  readonly name: string;
}

/** 403: says which scope is missing. The same whether the name exists or not. */
export function forbidden(missing: readonly MissingScope[]): Refusal {
  const names = missing.map(({ scope, name }) => `${scope}:${name}`);
  return refuse(
    "forbidden",
    `The caller's token does not cover ${names.join(", ")}.`,
    missing.map(({ scope, name, ...place }) => ({ ...place, detail: `needs the scope ${scope}:${name}` })),
    { "www-authenticate": `${REALM}, error="insufficient_scope", scope="${names.join(" ")}"` },
  );
}

/** 404 for a path that is none. */
export function noSuchPath(): Refusal {
  return refuse("not-found", "There is no such path; GET /docs lists them all.");
}

/** 404 for a name in a path that no watch or target can have. */
export function noSuchName(faults: readonly Fault[]): Refusal {
  return refuse("not-found", "Nothing can have this path. Each fault is in 'errors'.", faults);
}

/** 404 for a watch of a project that the caller may use. */
export function noSuchWatch({ project, jobId }: WatchKey): Refusal {
  return refuse(
    "not-found",
    `No job ${jobId} was handed over in the project ${project}, or it was forgotten after its retention. POST /v1/jobs hands it over.`,
  );
}

/** 404 for a target that the caller may use and the config does not know. */
export function noSuchTarget(name: string): Refusal {
  return refuse("not-found", `No target ${name} is configured.`);
}

/** 503: asking again later is harmless. `seconds` says when. */
export function unavailable(detail: string, seconds = 5): Refusal {
  return refuse("unavailable", detail, [], { "retry-after": String(seconds) });
}
