import type { Conclusion } from "../conclusion.ts";
import { consoleUrl } from "./console-link.ts";
import type { Content, Fact, Link } from "./content.ts";
import { detailsOf } from "./details.ts";
import { cut, oneLine, webUrl } from "./text.ts";
import { isUrgent, moment, spell, wordOf } from "./words.ts";

const NAME_CHARS = 60;
const FIRST_FAILURES = 5;

/** How one watch ended, for people. */
export function noticeContent(conclusion: Conclusion): Content {
  const { outcome, jobId, watch } = conclusion;
  return {
    outcome,
    urgent: isUrgent(outcome),
    headline: headlineOf(conclusion),
    facts: factsOf(conclusion),
    summary: summaryOf(conclusion),
    details: detailsOf(conclusion),
    firstDetails: FIRST_FAILURES,
    notes: conclusion.warnings.map(oneLine),
    links: linksOf(conclusion),
    footer: `Job ${jobId} · ${moment(watch.concludedAt)}`,
  };
}

/** `❌ Failed · CreateCluster checkout · 9 min 10 s` */
export function headlineOf({ outcome, jobType, resourceName, durationSeconds }: Conclusion): string {
  const { icon, word } = wordOf(outcome);
  const what = [jobType ?? "Job", resourceName ?? ""]
    .map((part) => cut(oneLine(part), NAME_CHARS))
    .filter((part) => part !== "")
    .join(" ");
  const took = durationSeconds === null ? [] : [spell(durationSeconds)];
  return [`${icon} ${word}`, what, ...took].join(" · ");
}

function factsOf(conclusion: Conclusion): Fact[] {
  const { project, region, clusterId, durationSeconds, context } = conclusion;
  const labels = Object.entries(context.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  const facts: [string, string | null | undefined][] = [
    ["Project", project],
    ["Region", region],
    ["Cluster", clusterId],
    ["Took", durationSeconds === null ? null : spell(durationSeconds)],
    ["By", context.actor],
    ["Pipeline", context.pipeline],
    ["Commit", context.commit],
    ["Labels", labels.join(", ")],
  ];
  return facts.flatMap(([label, text]) => {
    const line = oneLine(text ?? "");
    return line === "" ? [] : [{ label, text: line }];
  });
}

function summaryOf({ subJobs: { total, failed, succeeded, pending }, outcome }: Conclusion): string | null {
  if (total === 0) return null;
  const of = (count: number, state: string) =>
    `${count} of ${total} ${total === 1 ? "subjob" : "subjobs"} ${state}`;
  if (failed > 0) return of(failed, "failed");
  if (outcome === "failed") return "No subjob failed";
  return pending > 0 ? of(pending, "not ended when last seen") : of(succeeded, "succeeded");
}

function linksOf({ statusUrl, context, region }: Conclusion): Link[] {
  const links: [string, string | null][] = [
    ["Status page", webUrl(statusUrl)],
    ["Pipeline run", webUrl(context.runUrl)],
    ["Console", consoleUrl(region)],
  ];
  return links.flatMap(([label, url]) => (url === null ? [] : [{ label, url }]));
}
