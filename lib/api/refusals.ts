import { type Fault, type Refusal, refuse } from "./problem.ts";

const REALM = 'Bearer realm="cce-job-notifier"';

/** 401 (RFC 6750, section 3): no token, or one that nobody here knows. */
export function unauthenticated(why: "absent" | "refused"): Refusal {
  return why === "absent"
    ? refuse("unauthenticated", "Send a token: 'authorization: Bearer …'.", [], { "www-authenticate": REALM })
    : refuse("unauthenticated", "The token is not valid here, or no longer.", [], {
        "www-authenticate": `${REALM}, error="invalid_token"`,
      });
}

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

/** 404 for a path, a watch or a target; the same words whatever is missing. */
export function notFound(what: "path" | "watch" | "target"): Refusal {
  return refuse("not-found", `There is no such ${what}.`);
}

/** 503: asking again later is harmless. `seconds` says when. */
export function unavailable(detail: string, seconds = 5): Refusal {
  return refuse("unavailable", detail, [], { "retry-after": String(seconds) });
}
