import { OUTCOMES } from "../../domain/job.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { formatUtc } from "../../domain/time-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { ChatMessage, FailureText, Link, TextBudget } from "./chat-message.ts";
import { createSafeLink, EMPTY_MESSAGE, noteOmittedFailures } from "./chat-message.ts";
import {
  formatFailures,
  formatJobLabel,
  formatOutcomeTitle,
  listCommonFacts,
  OUTCOME_PRESENTATION,
} from "./outcome-message.ts";

const MAX_JOB_LINKS = 5;
const MAX_LINK_CHARACTERS = 40;

/**
 * Formats the digest message about several jobs. The digest message contains the number of jobs per outcome, and the
 * failures of each job.
 */
export function formatDigestMessage(summaries: readonly OutcomeSummary[], budget: TextBudget): ChatMessage {
  const unsuccessful = summaries.filter(({ outcome }) => outcome !== "succeeded");
  const jobs = unsuccessful.map((summary) => ({ summary, ...formatFailures(summary, budget) }));
  const all = jobs.flatMap(({ summary, failures }) => withJobTitle(failures, summary, budget));
  const failures = all.slice(0, budget.digestFailures);
  const omittedByJobs = jobs.reduce((sum, { omitted }) => sum + omitted, 0);
  // In the list OUTCOMES, the outcomes after `succeeded` are in order of severity. The most severe outcome is first.
  const gravest = OUTCOMES.find((outcome) => unsuccessful.some((summary) => summary.outcome === outcome));
  const { icon, tone } = OUTCOME_PRESENTATION[summaries.length === 0 ? "lost" : (gravest ?? "succeeded")];
  return {
    ...EMPTY_MESSAGE,
    tone,
    mentions: unsuccessful.length > 0,
    headline: `${icon} ${countsText(summaries)}`,
    facts: listCommonFacts(summaries, budget),
    failures,
    notes: noteOmittedFailures(omittedByJobs + all.length - failures.length),
    links: linksOf(summaries),
    footer: formatUtc(Math.max(0, ...summaries.map(({ concludedAt }) => concludedAt))),
  };
}

/** Adds the name of the job to the title of each failure, for example `❌ Failed: CreateNode node-3 › CreateNodeVM`. */
function withJobTitle(
  failures: readonly FailureText[],
  summary: OutcomeSummary,
  budget: TextBudget,
): readonly FailureText[] {
  const jobTitle = formatOutcomeTitle(summary, budget);
  if (failures.length === 0) return [{ title: jobTitle, reason: null, hint: null }];
  return failures.map(({ title, reason, hint }) => {
    const steps = title === null ? "" : stepsBelowJob(title, summary);
    return { title: steps === "" ? jobTitle : `${jobTitle} › ${steps}`, reason, hint };
  });
}

/** Removes the job type from the path of a failure, because the title of the failure already contains the job type. */
function stepsBelowJob(title: string, { jobType }: OutcomeSummary): string {
  return title === jobType ? "" : title.replace(`${jobType ?? "unknown"} › `, "");
}

function linksOf(summaries: readonly OutcomeSummary[]): readonly Link[] {
  const jobLinks = summaries
    .filter(({ outcome }) => outcome !== "succeeded")
    .slice(0, MAX_JOB_LINKS)
    .map((summary) =>
      createSafeLink(truncate(formatJobLabel(summary), MAX_LINK_CHARACTERS), summary.statusUrl),
    );
  const [runUrl, ...otherRunUrls] = new Set(summaries.map(({ context }) => context.runUrl));
  const runLink = otherRunUrls.length > 0 ? null : createSafeLink("Pipeline run", runUrl);
  return [...jobLinks, runLink].filter((link) => link !== null);
}

/** Returns a text with the numbers of jobs, such as `12 nodes: 11 succeeded, 1 failed`. */
function countsText(summaries: readonly OutcomeSummary[]): string {
  const counts = OUTCOMES.flatMap((outcome) => {
    const count = summaries.filter((summary) => summary.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${OUTCOME_PRESENTATION[outcome].label.toLowerCase()}`];
  });
  const unit = unitOf(summaries) + (summaries.length === 1 ? "" : "s");
  return `${summaries.length} ${unit}: ${counts.join(", ") || "their outcomes are no longer stored"}`;
}

/**
 * Returns `node` if all jobs of the digest are about nodes. Returns `cluster` if all jobs of the digest are about
 * clusters. Otherwise returns `job`.
 */
function unitOf(summaries: readonly OutcomeSummary[]): string {
  const areAll = (unit: string) =>
    summaries.length > 0 && summaries.every(({ jobType }) => jobType?.toLowerCase().endsWith(unit));
  return ["node", "cluster"].find(areAll) ?? "job";
}
