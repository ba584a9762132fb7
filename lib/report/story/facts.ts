import type { Conclusion } from "../../conclusion.ts";
import { duration } from "../page/time.ts";
import { cut } from "../text/cut.ts";
import { oneLine } from "../text/plain.ts";
import type { Fact, Share } from "./story.ts";

/** Where it was, what it took, who wanted it: the caller's labels come last. */
export function factsOf(conclusion: Conclusion, share: Share): readonly Fact[] {
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
    label: cut(oneLine(label), share.text),
    value: cut(oneLine(value ?? ""), share.text),
  }));
  return shown.filter(({ label, value }) => label !== "" && value !== "").slice(0, share.facts);
}

const OF_ONE_JOB: ReadonlySet<string> = new Set(["Took", "Watched"]);

/** What is the same for all of them. */
export function commonFacts(conclusions: readonly Conclusion[], share: Share): readonly Fact[] {
  const [first, ...others] = conclusions.map((conclusion) => factsOf(conclusion, share));
  const isCommon = ({ label, value }: Fact) =>
    others.every((facts) => facts.some((fact) => fact.label === label && fact.value === value));
  return (first ?? []).filter((fact) => !OF_ONE_JOB.has(fact.label) && isCommon(fact));
}

/** How long the job took by the cloud's own times; where they do not tell, how long it was watched. */
function tookFact({ durationSeconds, watch }: Conclusion): readonly [string, string] {
  const looks = `${watch.looks} ${watch.looks === 1 ? "look" : "looks"}`;
  return durationSeconds === null
    ? ["Watched", `${duration(watchedMs(watch))}, ${looks}`]
    : ["Took", `${duration(durationSeconds * 1000)}, ${looks}`];
}

/** From acceptance to conclusion. */
export function watchedMs({ acceptedAt, concludedAt }: Conclusion["watch"]): number {
  return Math.max(0, Date.parse(concludedAt) - Date.parse(acceptedAt));
}
