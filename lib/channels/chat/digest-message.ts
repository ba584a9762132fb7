import { OUTCOMES } from "../../domain/job.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { Link, Share, Story, Trouble } from "./chat-message.ts";
import { commonFacts } from "./facts.ts";
import { linkTo } from "./links.ts";
import { announcementOf, outcomeStory, subjectOf } from "./outcome-message.ts";
import { faceOf } from "./outcome-presentation.ts";

const MOST_LINKS = 5;
const LINK_CHARACTERS = 40;

/** All the jobs of one call, told at once: how many ended how, and what went wrong in full. */
export function digestStory(conclusions: readonly OutcomeSummary[], share: Share): Story {
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
    at: Math.max(0, ...conclusions.map(({ concludedAt }) => concludedAt)),
  };
}

/** `❌ Failed: CreateNode node-3 › CreateNodeVM`: nobody is left out, though there be no reason. */
function troublesOf(conclusion: OutcomeSummary, story: Story, share: Share): readonly Trouble[] {
  const name = announcementOf(conclusion, share);
  const troubles = story.troubles.map(({ title, reason, hint }) => {
    const below = title === null ? "" : stepsBelow(title, conclusion);
    return { title: below === "" ? name : `${name} › ${below}`, reason, hint };
  });
  return troubles.length > 0 ? troubles : [{ title: name, reason: null, hint: null }];
}

/** The headline names the job's type already. */
function stepsBelow(title: string, { jobType }: OutcomeSummary): string {
  return title === jobType ? "" : title.replace(`${jobType ?? "unknown"} › `, "");
}

function linksOf(conclusions: readonly OutcomeSummary[], bad: readonly OutcomeSummary[]): readonly Link[] {
  const runs = new Set(conclusions.map(({ context }) => context.runUrl));
  const [run] = runs;
  return [
    ...bad
      .slice(0, MOST_LINKS)
      .map((conclusion) => linkTo(truncate(subjectOf(conclusion), LINK_CHARACTERS), conclusion.statusUrl)),
    runs.size === 1 ? linkTo("Pipeline run", run) : null,
  ].filter((link) => link !== null);
}

/** `12 nodes: 11 succeeded, 1 failed`. */
function countLine(conclusions: readonly OutcomeSummary[]): string {
  const counts = OUTCOMES.flatMap((outcome) => {
    const count = conclusions.filter((one) => one.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${faceOf(outcome).word.toLowerCase()}`];
  });
  const noun = nounOf(conclusions) + (conclusions.length === 1 ? "" : "s");
  return `${conclusions.length} ${noun}: ${counts.join(", ") || "nothing is known of them any more"}`;
}

/** What the jobs are about, where all are about the same. */
function nounOf(conclusions: readonly OutcomeSummary[]): string {
  const about = (noun: string) =>
    conclusions.length > 0 && conclusions.every(({ jobType }) => jobType?.toLowerCase().endsWith(noun));
  return ["node", "cluster"].find(about) ?? "job";
}
