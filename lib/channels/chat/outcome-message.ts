import { clusterConsoleUrl } from "../../domain/console-url.ts";
import type { Failure } from "../../domain/failures.ts";
import { findHint } from "../../domain/hints.ts";
import { describeWatchState, type Outcome, wasJobObserved } from "../../domain/job.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { cleanKeepingLines, cleanToOneLine } from "../../domain/plain-text.ts";
import { formatDuration, formatUtc } from "../../domain/time-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { ChatMessage, Fact, FailureText, Link, TextBudget, Tone } from "./chat-message.ts";
import { createSafeLink, noteOmittedFailures, splitHint } from "./chat-message.ts";

/**
 * The maximum length of a headline, because a header in Slack and the preview on a phone show at most 150 characters.
 */
const MAX_HEADLINE_CHARACTERS = 150;
const MAX_JOB_ID_CHARACTERS = 128;
const MAX_WARNINGS = 3;
const STEP = " › ";
/** The maximum number of names in the path of a failure. A longer path is shown without the names in the middle. */
const MAX_STEPS = 6;
const FIRST_STEPS = 2;
const LAST_STEPS = 3;
const MAX_HINT_CHARACTERS = 400;

/** Formats the message about the end of one watched job. */
export function formatOutcomeMessage(summary: OutcomeSummary, budget: TextBudget): ChatMessage {
  const { outcome, jobType: type, phase, jobId, concludedAt } = summary;
  const meaning = describeWatchState(outcome, wasJobObserved({ type, phase }));
  const { failures, omitted } = formatFailures(summary, budget);
  return {
    tone: OUTCOME_PRESENTATION[outcome].tone,
    mentions: outcome !== "succeeded",
    headline: headlineOf(summary, budget),
    facts: factsOf(summary, budget),
    summary: [meaning, subJobsLine(summary)].filter((line) => line !== null),
    failures,
    notes: [...noteOmittedFailures(omitted), ...warningsOf(summary, budget)],
    links: linksOf(summary),
    footer: `Job ${truncate(cleanToOneLine(jobId), MAX_JOB_ID_CHARACTERS)} · ${formatUtc(concludedAt)}`,
  };
}

/** The icon, the label and the tone of the message for each outcome. */
export const OUTCOME_PRESENTATION: Readonly<Record<Outcome, { icon: string; label: string; tone: Tone }>> = {
  succeeded: { icon: "✅", label: "Succeeded", tone: "good" },
  failed: { icon: "❌", label: "Failed", tone: "bad" },
  timed_out: { icon: "⏰", label: "Timed out", tone: "doubtful" },
  lost: { icon: "❓", label: "Lost", tone: "doubtful" },
};

/**
 * Returns the headline of a message, such as `❌ Failed: CreateCluster blue after 9 min 10 s`. The duration in the
 * headline is never truncated.
 */
function headlineOf(summary: OutcomeSummary, budget: TextBudget): string {
  const hasEnded = summary.outcome === "succeeded" || summary.outcome === "failed";
  const duration = hasEnded ? tookText(summary) : watchedText(summary);
  const after = duration === null ? "" : ` after ${duration}`;
  return truncate(formatOutcomeTitle(summary, budget), MAX_HEADLINE_CHARACTERS - after.length) + after;
}

/** Returns the outcome and the name of a job, such as `❌ Failed: CreateCluster blue`. */
export function formatOutcomeTitle(summary: OutcomeSummary, budget: TextBudget): string {
  const { icon, label } = OUTCOME_PRESENTATION[summary.outcome];
  return `${icon} ${label}: ${truncate(formatJobLabel(summary), budget.textCharacters)}`;
}

/** Returns the name of a job, such as `CreateCluster blue`. If the job has no resource name, the job ID is used. */
export function formatJobLabel({ jobType, resourceName, jobId }: OutcomeSummary): string {
  return `${cleanToOneLine(jobType ?? "") || "Job"} ${cleanToOneLine(resourceName ?? "") || cleanToOneLine(jobId)}`;
}

/** Returns the duration of the job from the times that the cloud gave. Returns null if the cloud gave no duration. */
function tookText({ durationSeconds }: OutcomeSummary): string | null {
  return durationSeconds === null ? null : formatDuration(durationSeconds * 1000);
}

/** Returns the time between the acceptance of the watch and the end of the watch. */
function watchedText({ acceptedAt, concludedAt }: OutcomeSummary): string {
  return formatDuration(Math.max(0, concludedAt - acceptedAt));
}

function factsOf(summary: OutcomeSummary, budget: TextBudget): readonly Fact[] {
  const { project, region, clusterId, context } = summary;
  const facts: readonly (readonly [label: string, value: string | null | undefined])[] = [
    ["Project", project],
    ["Region", region],
    ["Cluster", clusterId],
    durationFact(summary),
    ["Started by", context.actor],
    ["Pipeline", context.pipeline],
    ["Commit", context.commit],
    ...Object.entries(context.labels ?? {}),
  ];
  const texts = facts.map(([label, value]) => ({
    label: truncate(cleanToOneLine(label), budget.textCharacters),
    value: truncate(cleanToOneLine(value ?? ""), budget.textCharacters),
  }));
  return texts.filter(({ label, value }) => label !== "" && value !== "").slice(0, budget.facts);
}

/**
 * Returns the duration of the job as a fact for the message. If the cloud gave no duration, the fact shows the duration
 * of the watch.
 */
function durationFact(summary: OutcomeSummary): readonly [label: string, value: string] {
  const polls = `${summary.polls} ${summary.polls === 1 ? "poll" : "polls"}`;
  const took = tookText(summary);
  return took === null ? ["Watched", `${watchedText(summary)}, ${polls}`] : ["Took", `${took}, ${polls}`];
}

/** Returns the facts that are equal for all jobs of the message. The durations are not among these facts. */
export function listCommonFacts(summaries: readonly OutcomeSummary[], budget: TextBudget): readonly Fact[] {
  const [first = [], ...others] = summaries.map((summary) => factsOf(summary, budget));
  return first.filter(
    (fact) =>
      fact.label !== "Took" &&
      fact.label !== "Watched" &&
      others.every((facts) => facts.some(({ label, value }) => label === fact.label && value === fact.value)),
  );
}

function subJobsLine({ subJobs, outcome }: OutcomeSummary): string | null {
  const { total, failed, succeeded } = subJobs;
  if (total === 0) return null;
  const unit = total === 1 ? "subjob" : "subjobs";
  if (failed > 0) return `${failed} of ${total} ${unit} failed`;
  return outcome === "succeeded" ? null : `${succeeded} of ${total} ${unit} succeeded, none failed`;
}

function warningsOf({ warnings }: OutcomeSummary, budget: TextBudget): readonly string[] {
  return warnings
    .slice(0, MAX_WARNINGS)
    .map((warning) => `⚠️ ${truncate(cleanToOneLine(warning), budget.textCharacters)}`);
}

function linksOf(summary: OutcomeSummary): readonly Link[] {
  const { statusUrl, context, region, clusterId, jobType, outcome } = summary;
  const isDeleted = outcome === "succeeded" && /^DeleteCluster$/i.test(jobType ?? "");
  return [
    createSafeLink("Status", statusUrl),
    createSafeLink("Pipeline run", context.runUrl),
    createSafeLink("Console", isDeleted ? null : clusterConsoleUrl(region, clusterId)),
  ].filter((link) => link !== null);
}

/** Returns the failures of a job and of its subjobs in the order of the subjobs, and the number of omitted failures. */
export function formatFailures(
  summary: OutcomeSummary,
  budget: TextBudget,
): { readonly failures: readonly FailureText[]; readonly omitted: number } {
  const relevant = summary.failures.filter((_, index) => !isExplainedByNext(summary.failures, index));
  const texts = relevant.slice(0, budget.failures).map((failure) => subJobFailure(failure, budget));
  const own = jobFailure(summary, budget);
  const unlisted = summary.failuresOmitted;
  return {
    failures: own === null ? texts : [own, ...texts],
    omitted: relevant.length - texts.length + unlisted,
  };
}

/** Returns true if a failed subjob has no failure reason and the next failure in the list is below the same subjob. */
function isExplainedByNext(failures: readonly Failure[], index: number): boolean {
  const [failure, next] = [failures[index], failures[index + 1]];
  if (failure === undefined || next === undefined || failure.reason?.trim()) return false;
  const { path } = failure;
  return next.path.length > path.length && path.every((step, level) => next.path[level] === step);
}

function subJobFailure({ path, resourceName, reason, hint }: Failure, budget: TextBudget): FailureText {
  const title = pathText(path, budget);
  const name = resourceName?.trim() ? truncate(cleanToOneLine(resourceName), budget.textCharacters) : null;
  return {
    title: name === null ? title : `${title} (${name})`,
    reason: reasonText(reason, budget),
    hint: hint === null ? null : splitHint(truncate(cleanToOneLine(hint), MAX_HINT_CHARACTERS)),
  };
}

/** Returns the path of a failed subjob, such as `CreateCluster › InstallMaster`. */
function pathText(path: readonly string[], budget: TextBudget): string {
  const steps =
    path.length <= MAX_STEPS ? path : [...path.slice(0, FIRST_STEPS), "…", ...path.slice(-LAST_STEPS)];
  return steps.map((step) => truncate(cleanToOneLine(step) || "unknown", budget.textCharacters)).join(STEP);
}

/**
 * Returns the failure of the job itself, not of a subjob. Returns null if a subjob has the same failure reason as the
 * job. Also returns null if a subjob failed and the job has no failure reason.
 */
function jobFailure(
  { outcome, jobType, reason, failures }: OutcomeSummary,
  budget: TextBudget,
): FailureText | null {
  const text = reasonText(reason, budget);
  if (text === null && (outcome !== "failed" || failures.length > 0)) return null;
  if (failures.some((failure) => reasonText(failure.reason, budget) === text)) return null;
  const hint = findHint(reason);
  const title = outcome === "failed" ? pathText([jobType ?? "Job"], budget) : null;
  return { title, reason: text, hint: hint === null ? null : splitHint(hint) };
}

function reasonText(reason: string | null, budget: TextBudget): string | null {
  return reason === null ? null : truncate(cleanKeepingLines(reason), budget.reasonCharacters) || null;
}
