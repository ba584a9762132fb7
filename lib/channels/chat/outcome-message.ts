import { consoleUrl } from "../../domain/console-url.ts";
import { describeWatchState, jobWasSeen } from "../../domain/job.ts";
import { type OutcomeSummary, unlistedFailuresWarning } from "../../domain/outcome-summary.ts";
import { cleanLine } from "../../domain/plain-text.ts";
import { formatDuration } from "../../domain/time-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { Link, Share, Story } from "./chat-message.ts";
import { factsOf, watchedMs } from "./facts.ts";
import { troublesOf } from "./failures.ts";
import { linkTo } from "./links.ts";
import { faceOf } from "./outcome-presentation.ts";

/** Slack's header and a phone's preview take no more. */
const HEADLINE_CHARACTERS = 150;
const MOST_WARNINGS = 3;

/** One outcome, told. */
export function outcomeStory(conclusion: OutcomeSummary, share: Share): Story {
  const { outcome, jobType: type, phase } = conclusion;
  const meaning = describeWatchState(outcome, jobWasSeen({ type, phase }));
  const { told, left } = troublesOf(conclusion, share);
  return {
    tone: faceOf(outcome).tone,
    loud: outcome !== "succeeded",
    headline: headlineOf(conclusion, share),
    facts: factsOf(conclusion, share),
    summary: [meaning, subJobsLine(conclusion)].filter((line) => line !== null),
    troubles: told,
    left,
    warnings: warningsOf(conclusion, share),
    links: linksOf(conclusion),
    footer: `Job ${truncate(cleanLine(conclusion.jobId), 128)}`,
    at: conclusion.concludedAt,
  };
}

/** `❌ Failed: CreateCluster blue after 9 min 10 s`. */
function headlineOf(conclusion: OutcomeSummary, share: Share): string {
  const took = tookMs(conclusion);
  const end = took === null ? "" : ` after ${formatDuration(took)}`;
  return truncate(announcementOf(conclusion, share), HEADLINE_CHARACTERS - end.length) + end;
}

/** `❌ Failed: CreateCluster blue`. */
export function announcementOf(conclusion: OutcomeSummary, share: Share): string {
  const { icon, word } = faceOf(conclusion.outcome);
  return `${icon} ${word}: ${truncate(subjectOf(conclusion), share.text)}`;
}

/** What a job is called: its type, and what it is about; where that is not known, or nothing to see, its ID. */
export function subjectOf({ jobType, resourceName, jobId }: OutcomeSummary): string {
  return `${cleanLine(jobType ?? "") || "Job"} ${cleanLine(resourceName ?? "") || cleanLine(jobId)}`;
}

/** For a job that has not ended, how long it was watched. */
function tookMs({ outcome, durationSeconds, acceptedAt, concludedAt }: OutcomeSummary): number | null {
  if (outcome === "timed_out" || outcome === "lost") return watchedMs({ acceptedAt, concludedAt });
  return durationSeconds === null ? null : durationSeconds * 1000;
}

/** That failures are missing is told by their count. */
function warningsOf({ warnings, failures, subJobs }: OutcomeSummary, share: Share): readonly string[] {
  const unlisted = unlistedFailuresWarning(subJobs.failed - failures.length);
  return warnings
    .filter((warning) => warning !== unlisted)
    .slice(0, MOST_WARNINGS)
    .map((warning) => truncate(cleanLine(warning), share.text));
}

function subJobsLine({ subJobs, outcome }: OutcomeSummary): string | null {
  const { total, failed, succeeded } = subJobs;
  if (total === 0) return null;
  const noun = total === 1 ? "subjob" : "subjobs";
  if (failed > 0) return `${failed} of ${total} ${noun} failed`;
  return outcome === "succeeded" ? null : `${succeeded} of ${total} ${noun} succeeded, none failed`;
}

function linksOf({
  statusUrl,
  context,
  region,
  clusterId,
  jobType,
  outcome,
}: OutcomeSummary): readonly Link[] {
  const isDeleted = outcome === "succeeded" && /^DeleteCluster$/i.test(jobType ?? "");
  return [
    linkTo("Status", statusUrl),
    linkTo("Pipeline run", context.runUrl),
    linkTo("Console", isDeleted ? null : consoleUrl(region, clusterId)),
  ].filter((link) => link !== null);
}
