import type { Project } from "../config/projects.ts";
import type { Instant, Observation } from "../domain/job.ts";
import { type Connections, DEADLINE_PASSED, REQUEST_INVALID } from "../http/exchange.ts";
import { cceEndpoint, iamEndpoint } from "./endpoint.ts";
import { type Granted, readGrant, tokenRequest } from "./iam.ts";
import { createMask, type Mask } from "./mask-credentials.ts";
import { readReply } from "./reply.ts";
import { createSignIn, type Query, type SignedIn } from "./sign-in.ts";
import { MAX_BODY_BYTES, type SizedExchange } from "./sized-exchange.ts";
import { type Exchanged, exchange } from "./text-exchange.ts";
import { createThrottle, type Throttle } from "./throttle.ts";
import { keepToken } from "./token.ts";
import { valueCount } from "./value-count.ts";

/** Kept for the token request alone: a poll that came first must not starve it for the polls that wait with it. */
const TOKEN_MS = 10_000;
/** IAM lists catalogues and roles beside a token, some kilobytes of them. */
const MAX_GRANT_BYTES = 1024 * 1024;

const COMMON_HEADERS = { "accept-encoding": "identity", "user-agent": "cce-job-notifier/1" };

export interface Surroundings {
  readonly now: () => Instant;
  /** Milliseconds that never run backwards: budgets are measured on it. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly connections: () => Connections;
  /** Shared by all projects: they share one memory. */
  readonly exchangeSized: SizedExchange;
}

/** One project's way to CCE: its address, its credentials, its token and its hold. */
export interface Access {
  readonly throttle: Throttle;
  readonly mask: Mask;
  /** Asks for one job, with a second try after a 401 where there is something new to try. Not masked yet. */
  query(jobId: string, deadlineMs: number): Promise<Observation>;
}

export function createAccess(name: string, project: Project, surroundings: Surroundings): Access {
  const { now, monotonic, random, connections, exchangeSized } = surroundings;
  const mask = createMask(project);
  const tokens = keepToken(async () => {
    const granted = await grantToken(name, project, surroundings);
    if (granted.kind === "token") mask.learn(granted.token);
    return granted;
  }, now);
  const signIn = createSignIn(project, tokens, now);
  const queryOf = queriesOf(project);

  const tryOnce = async (query: Query, signed: SignedIn, endsAt: number): Promise<Observation> => {
    if (signed.kind === "none") return signed.observation;
    const headers = { ...COMMON_HEADERS, accept: "application/json", ...signed.headers };
    const asked = { connections: connections(), method: "GET", url: query.url, headers, body: null } as const;
    return exchangeSized(asked, endsAt, observe);
  };
  const observe = (result: Exchanged): Observation => {
    if (result.kind === "answer") return isTooLarge(result) ? TOO_LARGE : readReply(result, now(), name);
    if (result.code === REQUEST_INVALID) {
      const text = `the credentials of project ${name} hold a character that no header may: set them again`;
      return { kind: "misconfigured", text };
    }
    const text =
      result.code === DEADLINE_PASSED
        ? "CCE did not answer in time"
        : `CCE cannot be reached (${result.code})`;
    return { kind: "unavailable", text };
  };

  return {
    throttle: createThrottle(now, random),
    mask,
    async query(jobId, deadlineMs) {
      const endsAt = monotonic() + deadlineMs;
      if (queryOf === null) return noAddress(name);
      const query = queryOf(jobId);
      const signed = await signIn(query, null);
      if (signed === null) return noAddress(name);
      const seen = await tryOnce(query, signed, endsAt);
      if (seen.kind !== "unauthorized" || signed.kind === "none") return seen;
      const again = await signIn(query, signed);
      return again === null ? seen : tryOnce(query, again, endsAt);
    },
  };
}

/** How a project's jobs are asked for; null where it has no address. */
function queriesOf(project: Project): ((jobId: string) => Query) | null {
  const endpoint = URL.parse(cceEndpoint(project) ?? "");
  if (endpoint === null) return null;
  const jobs = `${endpoint.pathname.replace(/\/$/, "")}/api/v3/projects/${project.projectId}/jobs/`;
  const base = new URL(jobs.split("/").map(encodeURIComponent).join("/"), endpoint.origin);
  return (jobId) => ({ url: new URL(encodeURIComponent(jobId), base), path: jobs + jobId });
}

async function grantToken(name: string, project: Project, surroundings: Surroundings): Promise<Granted> {
  const endpoint = iamEndpoint(project);
  if (project.auth.kind !== "password" || endpoint === null)
    return { kind: "none", observation: noAddress(name) };
  const result = await exchange({
    connections: surroundings.connections(),
    method: "POST",
    url: new URL(`${endpoint}/v3/auth/tokens?nocatalog=true`),
    headers: { ...COMMON_HEADERS, "content-type": "application/json" },
    body: tokenRequest(project.auth, project.projectId),
    deadlineMs: TOKEN_MS,
    maxBytes: MAX_GRANT_BYTES,
  });
  return readGrant(result, surroundings.now(), name);
}

/** The values of 25,000 subjobs as documented. With more, a reply within the limit could fill the function's memory. */
const MAX_VALUES = 600_000;

function isTooLarge({ status, body, cut }: Extract<Exchanged, { kind: "answer" }>): boolean {
  return status === 200 && (cut || (body.length > MAX_VALUES && valueCount(body) > MAX_VALUES));
}

/**
 * Nothing of such a reply is used: a job's own status stands behind its subjobs, so what was read does not hold it, and
 * what the subjobs say is never taken for it.
 */
const TOO_LARGE: Observation = {
  kind: "unavailable",
  text: `CCE's answer is larger than any job's: over ${MAX_BODY_BYTES / 1024 ** 2} MiB or ${MAX_VALUES} values`,
};

const noAddress = (name: string): Observation => ({
  kind: "misconfigured",
  text: `project ${name} has no address to ask: set region, or endpoint (and iamEndpoint for sign-in with a password)`,
});
