import { type CauseInTree, describeCount, formatResourceNames } from "../../domain/cause.ts";
import { cleanKeepingLines, cleanToOneLine } from "../../domain/clean-text.ts";
import { fillPlaceholders } from "../../domain/default-texts.ts";
import { findHint, translateHint } from "../../domain/hints.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import type { Texts } from "../../domain/texts.ts";
import { truncate } from "../../domain/truncate-text.ts";
import { type CauseText, type Hint, splitHint, type TextBudget } from "./chat-message.ts";

const STEP = " › ";
const MAX_HINT_CHARACTERS = 400;

/** Returns the causes that the message shows for a job, and the number of causes that the message omits. */
export function formatCauses(
  summary: OutcomeSummary,
  budget: TextBudget,
  texts: Texts,
): { readonly causes: readonly CauseText[]; readonly omitted: number } {
  const { outcome, reason, causes, causesOmitted } = summary;
  const shown = causes.slice(0, budget.causes).map((cause) => causeText(cause, budget, texts));
  const omitted = causes.length - shown.length + causesOmitted;
  if (shown.length > 0 || outcome === "succeeded" || outcome === "timed_out" || outcome === "not_ready")
    return { causes: shown, omitted };
  const ownReason = reasonText(reason, budget);
  if (ownReason === null && outcome === "lost") return { causes: [], omitted };
  return {
    causes: [{ title: null, path: null, reason: ownReason, hint: hintOf(findHint(reason), texts) }],
    omitted,
  };
}

function causeText(cause: CauseInTree, budget: TextBudget, texts: Texts): CauseText {
  const names = truncate(
    cleanToOneLine(formatResourceNames(cause, texts["names.more"])),
    budget.textCharacters,
  );
  const title = describeCount(cause, texts, typeText(cause.type, budget, texts));
  const path = cause.path.map((type) => typeText(type, budget, texts));
  return {
    title: names === "" ? title : fillPlaceholders(texts["cause.named"], { title, names }),
    // The title contains the last type of the path, and the headline contains the first type. Therefore only a path of
    // more than two types is shown.
    path: path.length > 2 ? path.join(STEP) : null,
    reason: reasonText(cause.reason, budget),
    hint: hintOf(cause.hint, texts),
  };
}

function typeText(type: string | null, budget: TextBudget, texts: Texts): string {
  return truncate(cleanToOneLine(type ?? ""), budget.textCharacters) || texts["cause.unknownType"];
}

function reasonText(reason: string | null, budget: TextBudget): string | null {
  return reason === null ? null : truncate(cleanKeepingLines(reason), budget.reasonCharacters) || null;
}

function hintOf(hint: string | null, texts: Texts): Hint | null {
  return hint === null
    ? null
    : splitHint(truncate(cleanToOneLine(translateHint(hint, texts)), MAX_HINT_CHARACTERS));
}

/** Returns an array with one note about the number of omitted causes. Returns an empty array if no cause was omitted. */
export function formatOmittedCauses(count: number, texts: Texts): string[] {
  if (count === 0) return [];
  return [count === 1 ? texts["causes.more.one"] : fillPlaceholders(texts["causes.more"], { count })];
}
