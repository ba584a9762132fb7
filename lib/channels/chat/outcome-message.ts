import { toSafeMultilineText, toSafeOneLineText } from "../../domain/clean-text.ts";
import { createClusterConsoleUrl } from "../../domain/console-url.ts";
import { type Outcome, wasJobObserved } from "../../domain/job.ts";
import { OperationKind } from "../../domain/operation-kind.ts";
import { isOutcomeOfEndedJob, type OutcomeSummary } from "../../domain/outcome-summary.ts";
import { fillPlaceholdersEmptyIfMissing } from "../../domain/text-in-default-language.ts";
import { type Texts, translateDurationUnits, translateKnownSentences } from "../../domain/texts.ts";
import { formatDuration } from "../../domain/time-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { ChatMessage, Fact, Link, TextBudget, Tone } from "./chat-message.ts";
import { createSafeLink, formatCausesWithinBudget, formatOmittedCausesNote } from "./chat-message.ts";

/** The maximum length of a headline. Slack and the preview on a phone show the first 150 characters of a headline. */
const MAX_HEADLINE_CHARACTERS = 150;
const MAX_JOB_ID_CHARACTERS = 128;
/**
 * The maximum number of warnings that a message shows. If a job has more warnings, the last line states the number of
 * omitted warnings.
 */
const MAX_WARNINGS = 3;
const MORE_WARNINGS = /^(\d+) more warnings\.$/;

/** Formats the message about the end of one watched job. */
export function formatOutcomeMessage(summary: OutcomeSummary, budget: TextBudget, texts: Texts): ChatMessage {
  const { outcome, concludedAt } = summary;
  const { causes, omitted } = formatCausesWithinBudget(summary, budget, texts);
  return {
    tone: OUTCOME_PRESENTATION[outcome].tone,
    mentions: outcome !== "succeeded",
    headline: headlineOf(summary, budget, texts),
    statements: statementsOf(summary, budget, texts),
    causes,
    notes: [...formatOmittedCausesNote(omitted, texts), ...warningsOf(summary, budget, texts)],
    facts: listContextFacts(summary, budget, texts),
    links: listMessageLinks(summary, texts),
    footer: formatFooter([summary], texts),
    at: concludedAt,
    texts,
  };
}

/** The icon and the tone of messages about each outcome. */
export const OUTCOME_PRESENTATION: Readonly<Record<Outcome, { icon: string; tone: Tone }>> = {
  succeeded: { icon: "✅", tone: "good" },
  failed: { icon: "❌", tone: "bad" },
  not_ready: { icon: "🚧", tone: "bad" },
  timed_out: { icon: "⏰", tone: "doubtful" },
  lost: { icon: "❓", tone: "doubtful" },
};

function headlineOf(summary: OutcomeSummary, budget: TextBudget, texts: Texts): string {
  const { outcome } = summary;
  const { icon } = OUTCOME_PRESENTATION[outcome];
  return formatHeadline(
    icon,
    texts[`outcome.${outcome}`],
    summary,
    durationText(summary, texts),
    budget,
    texts,
  );
}

/** The fields that together form the name of a job in a message. */
type JobLabel = Pick<OutcomeSummary, "jobType" | "resourceName" | "project">;

/**
 * Returns the headline of a message, such as `❌ Failed: CreateCluster blue after 9 min 10 s`. The function never
 * truncates the duration.
 * @param outcome the word for the outcome, in the language of the target
 */
export function formatHeadline(
  icon: string,
  outcome: string,
  label: JobLabel,
  duration: string | null,
  budget: TextBudget,
  texts: Texts,
): string {
  const job = truncate(formatJobLabel(label, texts), budget.textCharacters);
  const title = fillPlaceholdersEmptyIfMissing(texts.headline, { icon, outcome, job });
  if (duration === null) return truncate(title, MAX_HEADLINE_CHARACTERS);
  const withDuration = (headline: string) =>
    fillPlaceholdersEmptyIfMissing(texts["headline.duration"], { headline, duration });
  return withDuration(truncate(title, MAX_HEADLINE_CHARACTERS - withDuration("").length));
}

/** Returns the type of a job and the name of its resource as text, such as `CreateCluster blue`. */
export function formatJobLabel({ jobType, resourceName, project }: JobLabel, texts: Texts): string {
  const kind = OperationKind.safeParse(jobType);
  const [type, name] = [
    toSafeOneLineText(kind.success ? texts[`operation.${kind.data}`] : (jobType ?? "")),
    toSafeOneLineText(resourceName ?? ""),
  ];
  if (type === "" && name === "") return fillPlaceholdersEmptyIfMissing(texts["job.inProject"], { project });
  return [type || texts.job, name].filter((part) => part !== "").join(" ");
}

/**
 * Returns the duration of an ended job as text. If the duration is unknown, the result is null. If the job has not
 * ended, the result is the duration of the watch.
 */
function durationText(summary: OutcomeSummary, texts: Texts): string | null {
  const { outcome, durationSeconds, acceptedAt, concludedAt } = summary;
  const hasEnded = isOutcomeOfEndedJob(outcome);
  if (hasEnded && durationSeconds === null) return null;
  const durationMs = hasEnded ? (durationSeconds ?? 0) * 1000 : concludedAt - acceptedAt;
  return translateDurationUnits(formatDuration(durationMs), texts);
}

/**
 * Returns sentences about what happened to a job and what the reader can do. For a failed job, the result is empty,
 * because the message lists the causes instead. For a lost job, the reason is a text of the cloud, so the message shows
 * the reason as a cause.
 */
function statementsOf(summary: OutcomeSummary, budget: TextBudget, texts: Texts): readonly string[] {
  const { outcome, reason, jobType: type, phase } = summary;
  switch (outcome) {
    case "succeeded":
    case "failed":
      return [];
    case "lost": {
      const wasObserved = wasJobObserved({ type, phase });
      return wasObserved
        ? [texts["lost.observed"], texts["advice.lost"]]
        : [texts["lost.unseen"], texts["advice.lost.unseen"]];
    }
    case "not_ready":
    case "timed_out":
      return [translateTimeoutOrNotReadyReason(reason, budget, texts), texts[`advice.${outcome}`]].filter(
        (line) => line !== "",
      );
    default:
      return outcome satisfies never;
  }
}

/** Translates the reason for the outcome `timed_out` or `not_ready` into the language of the target. */
export function translateTimeoutOrNotReadyReason(
  reason: string | null,
  budget: TextBudget,
  texts: Texts,
): string {
  return truncate(translateKnownSentences(toSafeMultilineText(reason ?? ""), texts), budget.reasonCharacters);
}

function warningsOf({ warnings }: OutcomeSummary, budget: TextBudget, texts: Texts): readonly string[] {
  const shown = warnings.length <= MAX_WARNINGS ? warnings : warnings.slice(0, MAX_WARNINGS - 1);
  const lines = shown.map((warning) =>
    truncate(translateKnownSentences(toSafeOneLineText(warning), texts), budget.textCharacters),
  );
  const omitted = warnings.length - shown.length;
  // If a job has very many warnings, the last entry states how many warnings the summary omits.
  const [, count = "1"] = MORE_WARNINGS.exec(warnings.at(-1) ?? "") ?? [];
  const total = omitted + Number(count) - 1;
  const more =
    omitted === 0 ? [] : [fillPlaceholdersEmptyIfMissing(texts["sentence.moreWarnings"], { count: total })];
  return [...lines, ...more].map((line) => `⚠️ ${line}`);
}

/** Returns lines about the context: who started the job, the pipeline and the labels. */
export function listContextFacts(
  { context }: Pick<OutcomeSummary, "context">,
  budget: TextBudget,
  texts: Texts,
): readonly Fact[] {
  const facts: readonly (readonly [label: string, value: string | undefined])[] = [
    [texts["fact.actor"], context.actor],
    [texts["fact.pipeline"], context.pipeline],
    ...Object.entries(context.labels ?? {}),
  ];
  return facts
    .map(([label, value]) => ({
      label: truncate(toSafeOneLineText(label), budget.textCharacters),
      value: truncate(toSafeOneLineText(value ?? ""), budget.textCharacters),
    }))
    .filter(({ label, value }) => label !== "" && value !== "")
    .slice(0, budget.facts);
}

/**
 * Returns the links of a message: to the status page of the job, to the pipeline run and to the cluster. For a deleted
 * cluster, the function returns no link.
 */
export function listMessageLinks(
  summary: Pick<OutcomeSummary, "jobPageUrl" | "context" | "region" | "clusterId" | "jobType"> &
    Partial<Pick<OutcomeSummary, "outcome">>,
  texts: Texts,
): readonly Link[] {
  const { jobPageUrl, context, region, clusterId, jobType, outcome } = summary;
  const isDeleted = outcome === "succeeded" && /^DeleteCluster$/i.test(jobType ?? "");
  return [
    createSafeLink(texts["link.status"], jobPageUrl),
    createSafeLink(texts["link.run"], context.runUrl),
    createSafeLink(texts["link.console"], isDeleted ? null : createClusterConsoleUrl(region, clusterId)),
  ].filter((link) => link !== null);
}

/**
 * Returns the footer of a message: the projects and regions of the jobs. The footer of a message about a single job
 * also contains the job ID.
 */
export function formatFooter(
  summaries: readonly Pick<OutcomeSummary, "project" | "region" | "jobId">[],
  texts: Texts,
): string {
  const [first, ...others] = summaries;
  const jobId =
    first === undefined || others.length > 0
      ? []
      : [
          fillPlaceholdersEmptyIfMissing(texts["job.id"], {
            jobId: truncate(toSafeOneLineText(first.jobId), MAX_JOB_ID_CHARACTERS),
          }),
        ];
  const parts = summaries.flatMap(({ project, region }) => [project, region ?? ""]);
  return [...new Set(parts.map(toSafeOneLineText).filter((part) => part !== "")), ...jobId].join(" · ");
}
