import type { Conclusion } from "../conclusion.ts";
import { OUTCOMES, type Outcome } from "../job.ts";
import type { Content, Detail } from "./content.ts";
import { detailsOf } from "./details.ts";
import { headlineOf, noticeContent } from "./notice-content.ts";
import { isUrgent, moment, wordOf } from "./words.ts";

const FIRST_FAILURES = 30;
/** The worst first: it gives a digest its icon. */
const BY_WEIGHT: readonly Outcome[] = ["failed", "lost", "timed_out", "succeeded"];

/** How all the jobs of one call ended, for people: one line of counts, then every failure in full. */
export function digestContent(conclusions: readonly Conclusion[]): Content {
  const outcome = BY_WEIGHT.find((each) => conclusions.some((one) => one.outcome === each)) ?? null;
  const first = conclusions[0];
  const latest = conclusions
    .map(({ watch }) => watch.concludedAt)
    .sort()
    .at(-1);
  const common =
    first === undefined ? [] : noticeContent({ ...first, statusUrl: null, durationSeconds: null }).facts;
  return {
    outcome,
    urgent: outcome !== null && isUrgent(outcome),
    headline: `${outcome === null ? "❓" : wordOf(outcome).icon} ${countsOf(conclusions)}`,
    facts: common.filter(({ label }) => label !== "Cluster" || sameCluster(conclusions)),
    summary: null,
    details: conclusions.filter(({ outcome: each }) => isUrgent(each)).flatMap(detailsOfMember),
    firstDetails: FIRST_FAILURES,
    notes: [],
    links: first === undefined ? [] : noticeContent({ ...first, statusUrl: null }).links,
    footer: [`${conclusions.length} jobs`, ...(latest === undefined ? [] : [moment(latest)])].join(" · "),
  };
}

/** `12 nodes: 11 succeeded, 1 failed` */
function countsOf(conclusions: readonly Conclusion[]): string {
  const counts = OUTCOMES.flatMap((outcome) => {
    const count = conclusions.filter((one) => one.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${wordOf(outcome).word.toLowerCase()}`];
  });
  const total = conclusions.length;
  const noun = nounOf(conclusions);
  return `${total} ${noun}${total === 1 ? "" : "s"}: ${counts.join(", ") || "nothing is known of them any more"}`;
}

function nounOf(conclusions: readonly Conclusion[]): string {
  for (const noun of ["node", "cluster"])
    if (conclusions.length > 0 && conclusions.every(({ jobType }) => jobType?.toLowerCase().endsWith(noun)))
      return noun;
  return "job";
}

function sameCluster(conclusions: readonly Conclusion[]): boolean {
  return new Set(conclusions.map(({ clusterId }) => clusterId)).size === 1;
}

function detailsOfMember(conclusion: Conclusion): Detail[] {
  const who = headlineOf(conclusion);
  const details = detailsOf(conclusion);
  if (details.length === 0) return [{ path: who, reason: null, hint: null }];
  return details.map((detail) => ({ ...detail, path: `${who} — ${detail.path}` }));
}
