import * as z from "zod/mini";
import type { Auth } from "../config/projects.ts";
import type { Instant, Observation } from "../domain/job.ts";
import { Secret } from "../domain/secret.ts";
import { readRetryAfter } from "../http/retry-after.ts";
import { readFault } from "./cce-error.ts";
import { saidBy } from "./describe-error.ts";
import { readTime } from "./read-time.ts";
import type { Exchanged } from "./text-exchange.ts";

type PasswordAuth = Extract<Auth, { kind: "password" }>;

/** IAM's tokens last 24 hours; a reply that does not say is trusted for one. */
const ASSUMED_LIFE_MS = 3_600_000;

const TokenBody = z.object({ token: z.object({ expires_at: z.string() }) });

/** A token and when it ends, or why there is none, as the observation of the poll that needed it. */
export type Granted =
  | { readonly kind: "token"; readonly token: Secret; readonly expiresAt: Instant }
  | { readonly kind: "none"; readonly observation: Observation };

/** Source: https://support.huaweicloud.com/intl/en-us/api-iam/iam_30_0001.html */
export function tokenRequest(auth: PasswordAuth, projectId: string): string {
  const user = { name: auth.user, password: auth.password.reveal(), domain: { name: auth.domain } };
  return JSON.stringify({
    auth: {
      identity: { methods: ["password"], password: { user } },
      scope: { project: { id: projectId } },
    },
  });
}

/** Reads IAM's reply to a token request; every reply is either a token or one observation. */
export function readGrant(result: Exchanged, now: Instant, project: string): Granted {
  if (result.kind === "failed")
    return none({ kind: "unavailable", text: `IAM cannot be reached (${result.code})` });
  const { status, headers, body } = result;
  const said = saidBy({ status, fault: readFault(body) });
  const token = headers["x-subject-token"] ?? "";
  if (status === 201 && token !== "")
    return { kind: "token", token: new Secret(token), expiresAt: expiryOf(body) ?? now + ASSUMED_LIFE_MS };
  if (status === 401)
    return none({
      kind: "unauthorized",
      text: `IAM refuses the sign-in for project ${project}: check domain, user and password (${said})`,
    });
  if (status === 403)
    return none({
      kind: "forbidden",
      text: `IAM gives project ${project} no token: allow its user programmatic access to this project (${said})`,
    });
  if (status === 429)
    return none({
      kind: "throttled",
      text: `IAM asks for fewer sign-ins (${said})`,
      retryAfterSeconds: readRetryAfter(headers["retry-after"], now),
    });
  if (status >= 300 && status < 500 && status !== 408)
    return none({
      kind: "misconfigured",
      text: `IAM does not accept the sign-in for project ${project}: check iamEndpoint, domain and projectId (${said})`,
    });
  return none({ kind: "unavailable", text: `IAM is not answering properly (${said})` });
}

const none = (observation: Observation): Granted => ({ kind: "none", observation });

function expiryOf(body: string): Instant | null {
  try {
    const parsed = TokenBody.safeParse(JSON.parse(body));
    return parsed.success ? readTime(parsed.data.token.expires_at) : null;
  } catch {
    return null;
  }
}
