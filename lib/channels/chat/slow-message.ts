import { cleanToOneLine } from "../../domain/clean-text.ts";
import { fillIn } from "../../domain/default-texts.ts";
import type { RunningSubJob, SlowSummary } from "../../domain/slow-summary.ts";
import { type Texts, translateUnits } from "../../domain/texts.ts";
import { formatDuration } from "../../domain/time-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { ChatMessage, TextBudget } from "./chat-message.ts";
import { footerOf, formatHeadline, linksOf, listFacts } from "./outcome-message.ts";

/** Formats the message about a running job that takes longer than 19 of 20 jobs of its type. */
export function formatSlowMessage(summary: SlowSummary, budget: TextBudget, texts: Texts): ChatMessage {
  const { usual, running, runningOmitted, ageSeconds, polledAt } = summary;
  const duration = (seconds: number) => translateUnits(formatDuration(seconds * 1000), texts);
  const usualText = fillIn(texts["slow.usual"], {
    count: usual.fromJobs,
    p50: duration(usual.p50Seconds),
    p95: duration(usual.p95Seconds),
  });
  const more = runningOmitted === 0 ? [] : [fillIn(texts["slow.more"], { count: runningOmitted })];
  return {
    tone: "doubtful",
    mentions: true,
    headline: formatHeadline("🐢", texts["event.slow"], summary, duration(ageSeconds), budget, texts),
    statements: [
      usualText,
      ...running.map((subJob) => runningText(subJob, duration, budget, texts)),
      ...more,
    ],
    causes: [],
    notes: [],
    facts: listFacts(summary, budget, texts),
    links: linksOf(summary, texts),
    footer: footerOf([summary], texts),
    at: polledAt,
    texts,
  };
}

/** Returns a sentence such as `InstallNode (pool-a-1) has been running for 9 min 00 s. It usually takes 3 min 20 s.` */
function runningText(
  { path, resourceName, ageSeconds, usualSeconds }: RunningSubJob,
  duration: (seconds: number) => string,
  budget: TextBudget,
  texts: Texts,
): string {
  const type = cleanToOneLine(path.at(-1) ?? "");
  const resource = cleanToOneLine(resourceName ?? "");
  const name = truncate(resource === "" ? type : `${type} (${resource})`, budget.textCharacters);
  const running =
    ageSeconds === null
      ? fillIn(texts["slow.running"], { name })
      : fillIn(texts["slow.runningFor"], { name, duration: duration(ageSeconds) });
  return usualSeconds === null
    ? running
    : `${running} ${fillIn(texts["slow.usually"], { duration: duration(usualSeconds) })}`;
}
