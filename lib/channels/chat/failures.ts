import type { Failure } from "../../domain/failures.ts";
import { hintFor } from "../../domain/hints.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { cleanLine, cleanLines } from "../../domain/plain-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import { type FailureText, splitHint, type TextBudget } from "./chat-message.ts";

const STEP = " › ";
/** A longer path is shown without its middle steps. */
const MAX_STEPS = 6;
const FIRST_STEPS = 2;
const LAST_STEPS = 3;
const MAX_HINT_CHARACTERS = 400;

/** Returns the job's own failure and those of its subjobs, in tree order, and how many the budget did not allow. */
export function failuresOf(
  summary: OutcomeSummary,
  budget: TextBudget,
): { readonly failures: readonly FailureText[]; readonly omitted: number } {
  const relevant = summary.failures.filter((_, index) => !isExplainedByNext(summary.failures, index));
  const texts = relevant.slice(0, budget.failures).map((failure) => subJobFailure(failure, budget));
  const own = jobFailure(summary, budget);
  const unlisted = Math.max(0, summary.subJobs.failed - summary.failures.length);
  return {
    failures: own === null ? texts : [own, ...texts],
    omitted: relevant.length - texts.length + unlisted,
  };
}

/** A subjob without a reason failed because the next failure lies below it. */
function isExplainedByNext(failures: readonly Failure[], index: number): boolean {
  const [failure, next] = [failures[index], failures[index + 1]];
  if (failure === undefined || next === undefined || failure.reason?.trim()) return false;
  const { path } = failure;
  return next.path.length > path.length && path.every((step, level) => next.path[level] === step);
}

function subJobFailure({ path, resourceName, reason, hint }: Failure, budget: TextBudget): FailureText {
  const title = pathText(path, budget);
  const name = resourceName?.trim() ? truncate(cleanLine(resourceName), budget.textCharacters) : null;
  return {
    title: name === null ? title : `${title} (${name})`,
    reason: reasonText(reason, budget),
    hint: hint === null ? null : splitHint(truncate(cleanLine(hint), MAX_HINT_CHARACTERS)),
  };
}

/** `CreateCluster › InstallMaster`. */
function pathText(path: readonly string[], budget: TextBudget): string {
  const steps =
    path.length <= MAX_STEPS ? path : [...path.slice(0, FIRST_STEPS), "…", ...path.slice(-LAST_STEPS)];
  return steps.map((step) => truncate(cleanLine(step) || "unknown", budget.textCharacters)).join(STEP);
}

/** The job's own reason. Null when a subjob gives the same reason, or when the job has none and a subjob failed. */
function jobFailure(
  { outcome, jobType, reason, failures }: OutcomeSummary,
  budget: TextBudget,
): FailureText | null {
  const text = reasonText(reason, budget);
  if (text === null && (outcome !== "failed" || failures.length > 0)) return null;
  if (failures.some((failure) => reasonText(failure.reason, budget) === text)) return null;
  const hint = hintFor(reason);
  const title = outcome === "failed" ? pathText([jobType ?? "Job"], budget) : null;
  return { title, reason: text, hint: hint === null ? null : splitHint(hint) };
}

function reasonText(reason: string | null, budget: TextBudget): string | null {
  return reason === null ? null : truncate(cleanLines(reason), budget.reasonCharacters) || null;
}
