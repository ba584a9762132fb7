import type { StatusDocument } from "../lib/api/status-document.ts";
import { describeFailedOfTotal, formatFirstResourceNames } from "../lib/domain/cause.ts";
import { escapeAmpersandAndAngleBrackets } from "../lib/domain/clean-text.ts";
import { operationNameOrJobType } from "../lib/domain/operation-kind.ts";
import { isExplainedByReasonNotCauses, lowerCaseFirstLetter, STATE_TEXTS } from "../lib/domain/state-text.ts";
import { formatDuration } from "../lib/domain/time-text.ts";
import { toPrintable } from "./printable-text.ts";
import { jobName } from "./status-text.ts";

export type SummarizedJob = Pick<
  StatusDocument,
  | "project"
  | "jobId"
  | "state"
  | "type"
  | "resourceName"
  | "reason"
  | "causes"
  | "causesOmitted"
  | "durationSeconds"
>;

/**
 * Returns the outcome of a job as Markdown for the summary of a pipeline run. Texts from CCE are escaped, so they
 * cannot add links, pictures or HTML. A hint of the service may contain a link, because the service itself has written
 * the hint.
 */
export function renderJobSummary(job: SummarizedJob, pageUrl: string | null): string {
  const { state, type, resourceName, durationSeconds, reason, causes, causesOmitted } = job;
  const title = [type === null ? "CCE job" : operationNameOrJobType(type), resourceName]
    .filter((part) => part !== null)
    .join(" ");
  const facts = [
    `Job ${escapeMarkdown(jobName(job))}`,
    durationSeconds !== null && `duration ${formatDuration(durationSeconds * 1000)}`,
    pageUrl !== null && URL.canParse(pageUrl) && `[status page](<${new URL(pageUrl).href}>)`,
  ];
  const lines = [
    `### ${escapeMarkdown(`${title}: ${lowerCaseFirstLetter(STATE_TEXTS[state])}`)}`,
    "",
    joinFacts(facts),
  ];
  if (state === "succeeded") return `${lines.join("\n")}\n`;
  if (reason !== null && (causes.length === 0 || isExplainedByReasonNotCauses(state)))
    lines.push("", escapeMarkdown(reason));
  for (const cause of causes) {
    const resources = formatFirstResourceNames(cause);
    lines.push(
      "",
      `- **${escapeMarkdown(describeFailedOfTotal(cause))}** ${escapeMarkdown(resources)}`.trimEnd(),
    );
    if (cause.reason !== null) lines.push(`  ${escapeMarkdown(cause.reason)}`);
    if (cause.hint !== null)
      lines.push(`  *Hint:* ${escapeAmpersandAndAngleBrackets(toPrintable(cause.hint))}`);
  }
  if (causesOmitted > 0)
    lines.push("", `and ${causesOmitted} more ${causesOmitted === 1 ? "cause" : "causes"}`);
  return `${lines.join("\n")}\n`;
}

const joinFacts = (facts: readonly (string | false)[]): string => facts.filter(Boolean).join(" · ");

/** Escapes the special characters of Markdown (CommonMark, section 2.4) and replaces line breaks by spaces. */
function escapeMarkdown(text: string): string {
  return escapeAmpersandAndAngleBrackets(toPrintable(text).replace(/[\\`*_{}[\]()#+\-.!|~:@]/g, "\\$&"));
}
