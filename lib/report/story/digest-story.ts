import type { Conclusion } from "../../conclusion.ts";
import { OUTCOMES } from "../../job.ts";
import { cut } from "../text/cut.ts";
import { faceOf } from "./face.ts";
import { commonFacts } from "./facts.ts";
import { linkTo } from "./link.ts";
import { announcementOf, outcomeStory, subjectOf } from "./outcome-story.ts";
import type { Link, Share, Story, Trouble } from "./story.ts";

const MOST_LINKS = 5;
const LINK_CHARACTERS = 40;

/** All the jobs of one call, told at once: how many ended how, and what went wrong in full. */
export function digestStory(conclusions: readonly Conclusion[], share: Share): Story {
  const bad = conclusions.filter(({ outcome }) => outcome !== "succeeded");
  const worst = OUTCOMES.find((outcome) => bad.some((one) => one.outcome === outcome)) ?? "succeeded";
  const stories = bad.map((conclusion) => ({ conclusion, story: outcomeStory(conclusion, share) }));
  const troubles = stories.flatMap(({ conclusion, story }) => troublesOf(conclusion, story, share));
  const told = troubles.slice(0, share.digestTroubles);
  const { icon, tone } = faceOf(conclusions.length === 0 ? "lost" : worst);
  return {
    tone,
    loud: bad.length > 0,
    headline: `${icon} ${countLine(conclusions)}`,
    facts: commonFacts(conclusions, share),
    summary: [],
    troubles: told,
    left: stories.reduce((left, { story }) => left + story.left, troubles.length - told.length),
    warnings: [],
    links: linksOf(conclusions, bad),
    footer: null,
    at: Math.max(0, ...conclusions.map(({ watch }) => Date.parse(watch.concludedAt))),
  };
}

/** `❌ Failed: CreateNode node-3 › CreateNodeVM`: nobody is left out, though there be no reason. */
function troublesOf(conclusion: Conclusion, story: Story, share: Share): readonly Trouble[] {
  const name = announcementOf(conclusion, share);
  const troubles = story.troubles.map(({ title, reason, hint }) => {
    const below = title === null ? "" : stepsBelow(title, conclusion);
    return { title: below === "" ? name : `${name} › ${below}`, reason, hint };
  });
  return troubles.length > 0 ? troubles : [{ title: name, reason: null, hint: null }];
}

/** The headline names the job's type already. */
function stepsBelow(title: string, { jobType }: Conclusion): string {
  return title === jobType ? "" : title.replace(`${jobType ?? "unknown"} › `, "");
}

function linksOf(conclusions: readonly Conclusion[], bad: readonly Conclusion[]): readonly Link[] {
  const runs = new Set(conclusions.map(({ context }) => context.runUrl));
  const [run] = runs;
  return [
    ...bad
      .slice(0, MOST_LINKS)
      .map((conclusion) => linkTo(cut(subjectOf(conclusion), LINK_CHARACTERS), conclusion.statusUrl)),
    runs.size === 1 ? linkTo("Pipeline run", run) : null,
  ].filter((link) => link !== null);
}

/** `12 nodes: 11 succeeded, 1 failed`. */
function countLine(conclusions: readonly Conclusion[]): string {
  const counts = OUTCOMES.flatMap((outcome) => {
    const count = conclusions.filter((one) => one.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${faceOf(outcome).word.toLowerCase()}`];
  });
  const noun = nounOf(conclusions) + (conclusions.length === 1 ? "" : "s");
  return `${conclusions.length} ${noun}: ${counts.join(", ") || "nothing is known of them any more"}`;
}

/** What the jobs are about, where all are about the same. */
function nounOf(conclusions: readonly Conclusion[]): string {
  const about = (noun: string) =>
    conclusions.length > 0 && conclusions.every(({ jobType }) => jobType?.toLowerCase().endsWith(noun));
  return ["node", "cluster"].find(about) ?? "job";
}
