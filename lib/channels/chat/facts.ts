import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { cleanLine } from "../../domain/plain-text.ts";
import { formatDuration } from "../../domain/time-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { Fact, Share } from "./chat-message.ts";

/** Where it was, what it took, who wanted it: the caller's labels come last. */
export function factsOf(conclusion: OutcomeSummary, share: Share): readonly Fact[] {
  const { project, region, clusterId, context } = conclusion;
  const facts: readonly (readonly [label: string, value: string | null | undefined])[] = [
    ["Project", project],
    ["Region", region],
    ["Cluster", clusterId],
    tookFact(conclusion),
    ["Started by", context.actor],
    ["Pipeline", context.pipeline],
    ["Commit", context.commit],
    ...Object.entries(context.labels ?? {}),
  ];
  const shown = facts.map(([label, value]) => ({
    label: truncate(cleanLine(label), share.text),
    value: truncate(cleanLine(value ?? ""), share.text),
  }));
  return shown.filter(({ label, value }) => label !== "" && value !== "").slice(0, share.facts);
}

const OF_ONE_JOB: ReadonlySet<string> = new Set(["Took", "Watched"]);

/** What is the same for all of them. */
export function commonFacts(conclusions: readonly OutcomeSummary[], share: Share): readonly Fact[] {
  const [first, ...others] = conclusions.map((conclusion) => factsOf(conclusion, share));
  const isCommon = ({ label, value }: Fact) =>
    others.every((facts) => facts.some((fact) => fact.label === label && fact.value === value));
  return (first ?? []).filter((fact) => !OF_ONE_JOB.has(fact.label) && isCommon(fact));
}

/** How long the job took by the cloud's own times; where they do not tell, how long it was watched. */
function tookFact(summary: OutcomeSummary): readonly [string, string] {
  const polls = `${summary.polls} ${summary.polls === 1 ? "poll" : "polls"}`;
  return summary.durationSeconds === null
    ? ["Watched", `${formatDuration(watchedMs(summary))}, ${polls}`]
    : ["Took", `${formatDuration(summary.durationSeconds * 1000)}, ${polls}`];
}

/** From acceptance to conclusion. */
export function watchedMs({
  acceptedAt,
  concludedAt,
}: Pick<OutcomeSummary, "acceptedAt" | "concludedAt">): number {
  return Math.max(0, concludedAt - acceptedAt);
}
