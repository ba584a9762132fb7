import type { Conclusion } from "../../conclusion.ts";
import { OUTCOMES } from "../../job.ts";
import { faceOf } from "./face.ts";
import { linkTo } from "./link.ts";
import { outcomeStory, subjectOf } from "./outcome-story.ts";
import type { Share, Story, Trouble } from "./story.ts";

const WORDS = { succeeded: "succeeded", failed: "failed", timed_out: "timed out", lost: "lost" } as const;

/** All the jobs of one call, told at once: how many ended how, and what went wrong in full. */
export function digestStory(conclusions: readonly Conclusion[], share: Share): Story {
  const bad = conclusions.filter(({ outcome }) => outcome !== "succeeded");
  const worst = OUTCOMES.find((outcome) => bad.some((one) => one.outcome === outcome)) ?? "succeeded";
  const troubles = bad.flatMap((conclusion) => troublesIn(conclusion, share));
  const told = troubles.slice(0, share.troubles);
  const { icon, tone } = faceOf(worst);
  return {
    tone,
    loud: bad.length > 0,
    headline: `${icon} ${countLine(conclusions)}`,
    facts: [],
    summary: [],
    troubles: told,
    more: troubles.length > told.length ? `and ${troubles.length - told.length} more` : null,
    warnings: [],
    links: bad
      .slice(0, 5)
      .map((conclusion) => linkTo(subjectOf(conclusion).slice(0, 40), conclusion.statusUrl))
      .filter((link) => link !== null),
    footer: null,
    at: Math.max(0, ...conclusions.map(({ watch }) => Date.parse(watch.concludedAt))),
  };
}

function troublesIn(conclusion: Conclusion, share: Share): readonly Trouble[] {
  const { troubles } = outcomeStory(conclusion, share);
  const name = subjectOf(conclusion).slice(0, share.text);
  return troubles.map((trouble) => ({
    ...trouble,
    title: trouble.title === null ? name : `${name}: ${trouble.title}`,
  }));
}

/** `12 nodes: 11 succeeded, 1 failed`. */
export function countLine(conclusions: readonly Conclusion[]): string {
  const counts = OUTCOMES.map((outcome) => ({
    outcome,
    count: conclusions.filter((one) => one.outcome === outcome).length,
  })).filter(({ count }) => count > 0);
  const noun = nounOf(conclusions) + (conclusions.length === 1 ? "" : "s");
  return `${conclusions.length} ${noun}: ${counts.map(({ outcome, count }) => `${count} ${WORDS[outcome]}`).join(", ")}`;
}

/** What the jobs are about, where all are about the same. */
function nounOf(conclusions: readonly Conclusion[]): string {
  const about = (pattern: RegExp) => conclusions.every(({ jobType }) => pattern.test(jobType ?? ""));
  if (conclusions.length === 0) return "job";
  if (about(/node/i) && !about(/nodepool/i)) return "node";
  return about(/cluster/i) ? "cluster" : "job";
}
