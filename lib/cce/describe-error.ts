import type { AccessErrorKind, Instant } from "../domain/job.ts";
import { readHttpDate } from "../http/retry-after.ts";
import type { Fault } from "./cce-error.ts";

/** The gateway refuses signatures that are further off than 15 minutes; a tenth of that is worth a word. */
const NOTABLE_SKEW_MS = 90_000;

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly fault: Fault;
}

/** Says what the operator has to do about a refusal, with the cloud's own words in brackets. */
export function accessErrorText(
  kind: AccessErrorKind,
  refusal: Refusal,
  now: Instant,
  project: string | null,
): string {
  const forProject = project === null ? "" : ` for project ${project}`;
  return `${advice(kind, refusal, now, forProject)} (${saidBy(refusal)})`;
}

/** Status, codes and words of a reply. */
export function saidBy({ status, fault }: Pick<Refusal, "status" | "fault">): string {
  const said = [...fault.codes.filter((code) => code !== String(status)), fault.words];
  return [`HTTP ${status}`, ...said.filter((text) => text !== null)].join(", ");
}

function advice(kind: AccessErrorKind, refusal: Refusal, now: Instant, forProject: string): string {
  switch (kind) {
    case "unauthorized":
      return unauthorized(refusal, now, forProject);
    case "forbidden":
      return `CCE forbids reading the job${forProject}: give its user or agency the permission cce:job:get (CCE ReadOnlyAccess), and check projectId`;
    case "misconfigured":
      return misconfigured(refusal, forProject);
    default:
      return kind satisfies never;
  }
}

function unauthorized({ headers, fault }: Refusal, now: Instant, forProject: string): string {
  if (fault.codes.includes("APIGW.0307"))
    return `CCE refuses the token${forProject}: it has expired or belongs to another region; check region, endpoint and auth`;
  if (!fault.codes.includes("APIGW.0301"))
    return `CCE refuses the credentials${forProject}: check auth, region and projectId`;
  const skewMs = saidSkewMs(fault.words) ?? now - (readHttpDate(headers.date) ?? now);
  if (Math.abs(skewMs) < NOTABLE_SKEW_MS)
    return `CCE refuses the signature${forProject}: check accessKey and secretKey, and securityToken for temporary keys`;
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  return `CCE refuses the signature${forProject}: the clock is ${minutes} minutes off; set it right, the gateway allows 15 minutes`;
}

/** `signature time:20260528T092752Z,server time:20260528T094410Z`, as the gateway says it of an expired signature. */
function saidSkewMs(words: string | null): number | null {
  const [, ours, theirs] = /signature time:\s*(\w{16})\s*,\s*server time:\s*(\w{16})/.exec(words ?? "") ?? [];
  const skewMs = instantOf(ours) - instantOf(theirs);
  return Number.isNaN(skewMs) ? null : skewMs;
}

/** Of `20260528T092752Z`; NaN if it is none. */
const instantOf = (compact = ""): number =>
  Date.parse(compact.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

function misconfigured({ status }: Refusal, forProject: string): string {
  if (status >= 300 && status < 400)
    return `CCE's address${forProject} answers with a redirect: set endpoint to the CCE API itself`;
  if (status === 404)
    return `CCE's address${forProject} knows no job API: check endpoint, region and projectId`;
  return `CCE does not accept the query${forProject}: check projectId, region and endpoint`;
}
