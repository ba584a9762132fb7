import { consoleUrl } from "../../domain/console-url.ts";
import { describeWatchState, jobWasObserved, type Outcome } from "../../domain/job.ts";
import { type OutcomeSummary, unlistedFailuresWarning } from "../../domain/outcome-summary.ts";
import { cleanLine } from "../../domain/plain-text.ts";
import { formatDuration } from "../../domain/time-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { ChatMessage, Fact, Link, TextBudget, Tone } from "./chat-message.ts";
import { linkTo } from "./chat-message.ts";
import { failuresOf } from "./failures.ts";

/** Slack's header and the preview on a phone show no more. */
const MAX_HEADLINE_CHARACTERS = 150;
const MAX_JOB_ID_CHARACTERS = 128;
const MAX_WARNINGS = 3;

/** Writes how one watched job ended. */
export function outcomeMessage(summary: OutcomeSummary, budget: TextBudget): ChatMessage {
  const { outcome, jobType: type, phase } = summary;
  const meaning = describeWatchState(outcome, jobWasObserved({ type, phase }));
  const { failures, omitted } = failuresOf(summary, budget);
  return {
    tone: OUTCOME_PRESENTATION[outcome].tone,
    mentions: outcome !== "succeeded",
    headline: headlineOf(summary, budget),
    facts: factsOf(summary, budget),
    summary: [meaning, subJobsLine(summary)].filter((line) => line !== null),
    failures,
    omittedFailures: omitted,
    warnings: warningsOf(summary, budget),
    links: linksOf(summary),
    footer: `Job ${truncate(cleanLine(summary.jobId), MAX_JOB_ID_CHARACTERS)}`,
    at: summary.concludedAt,
  };
}

/** The icon, the label and the tone of each outcome. */
export const OUTCOME_PRESENTATION: Readonly<Record<Outcome, OutcomePresentation>> = {
  succeeded: { icon: "✅", label: "Succeeded", tone: "good" },
  failed: { icon: "❌", label: "Failed", tone: "bad" },
  timed_out: { icon: "⏰", label: "Timed out", tone: "doubtful" },
  lost: { icon: "❓", label: "Lost", tone: "doubtful" },
};

interface OutcomePresentation {
  readonly icon: string;
  readonly label: string;
  readonly tone: Tone;
}

/** `❌ Failed: CreateCluster blue after 9 min 10 s`. The duration is never truncated. */
function headlineOf(summary: OutcomeSummary, budget: TextBudget): string {
  const lengthMs = hasEnded(summary.outcome) ? tookMs(summary) : watchedMs(summary);
  const after = lengthMs === null ? "" : ` after ${formatDuration(lengthMs)}`;
  return truncate(outcomeTitle(summary, budget), MAX_HEADLINE_CHARACTERS - after.length) + after;
}

/** `❌ Failed: CreateCluster blue`. */
export function outcomeTitle(summary: OutcomeSummary, budget: TextBudget): string {
  const { icon, label } = OUTCOME_PRESENTATION[summary.outcome];
  return `${icon} ${label}: ${truncate(jobLabel(summary), budget.textCharacters)}`;
}

/** `CreateCluster blue`. The job ID replaces a resource name that is missing. */
export function jobLabel({ jobType, resourceName, jobId }: OutcomeSummary): string {
  return `${cleanLine(jobType ?? "") || "Job"} ${cleanLine(resourceName ?? "") || cleanLine(jobId)}`;
}

const hasEnded = (outcome: Outcome): boolean => outcome === "succeeded" || outcome === "failed";

/** The duration of the job by the cloud's clock, in milliseconds. */
function tookMs({ durationSeconds }: OutcomeSummary): number | null {
  return durationSeconds === null ? null : durationSeconds * 1000;
}

/** The time from acceptance to conclusion, in milliseconds. */
function watchedMs({ acceptedAt, concludedAt }: OutcomeSummary): number {
  return Math.max(0, concludedAt - acceptedAt);
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
    label: truncate(cleanLine(label), budget.textCharacters),
    value: truncate(cleanLine(value ?? ""), budget.textCharacters),
  }));
  return texts.filter(({ label, value }) => label !== "" && value !== "").slice(0, budget.facts);
}

/** Shows how long the job was watched when the cloud gave no duration. */
function durationFact(summary: OutcomeSummary): readonly [label: string, value: string] {
  const polls = `${summary.polls} ${summary.polls === 1 ? "poll" : "polls"}`;
  const lengthMs = tookMs(summary);
  return lengthMs === null
    ? ["Watched", `${formatDuration(watchedMs(summary))}, ${polls}`]
    : ["Took", `${formatDuration(lengthMs)}, ${polls}`];
}

/** Returns the facts that are equal for all jobs, except durations. */
export function commonFacts(summaries: readonly OutcomeSummary[], budget: TextBudget): readonly Fact[] {
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

/** A chat message counts the failures that are not listed, so the warning about them would repeat the count. */
function warningsOf({ warnings, failures, subJobs }: OutcomeSummary, budget: TextBudget): readonly string[] {
  const unlisted = unlistedFailuresWarning(subJobs.failed - failures.length);
  return warnings
    .filter((warning) => warning !== unlisted)
    .slice(0, MAX_WARNINGS)
    .map((warning) => truncate(cleanLine(warning), budget.textCharacters));
}

function linksOf(summary: OutcomeSummary): readonly Link[] {
  const { statusUrl, context, region, clusterId, jobType, outcome } = summary;
  const isDeleted = outcome === "succeeded" && /^DeleteCluster$/i.test(jobType ?? "");
  return [
    linkTo("Status", statusUrl),
    linkTo("Pipeline run", context.runUrl),
    linkTo("Console", isDeleted ? null : consoleUrl(region, clusterId)),
  ].filter((link) => link !== null);
}
