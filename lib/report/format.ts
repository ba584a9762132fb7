import type { Conclusion } from "../conclusion.ts";
import type { Instant } from "../job.ts";
import type { ChatTarget, Target } from "../targets.ts";
import { dingtalkFits, dingtalkMessage } from "./dingtalk.ts";
import { discordFits, discordMessage } from "./discord.ts";
import { feishuFits, feishuMessage } from "./feishu.ts";
import type { Message } from "./message.ts";
import { slackFits, slackMessage } from "./slack.ts";
import { digestStory } from "./story/digest-story.ts";
import { fitStory } from "./story/fit-story.ts";
import { goneStory, testStory } from "./story/news.ts";
import { outcomeStory } from "./story/outcome-story.ts";
import type { Share, Story } from "./story/story.ts";
import { teamsFits, teamsMessage } from "./teams.ts";
import { digestEvent, goneEvent, jobEvent, testEvent } from "./webhook.ts";
import { wecomFits, wecomMessage } from "./wecom.ts";

export type { Message } from "./message.ts";

/** One outcome for one target. */
export function formatNotice(target: Target, conclusion: Conclusion): Message {
  return target.kind === "webhook"
    ? event(jobEvent(conclusion))
    : chat(target, (share) => outcomeStory(conclusion, share));
}

/** How all the jobs of one call ended. */
export function formatDigest(target: Target, conclusions: readonly Conclusion[]): Message {
  return target.kind === "webhook"
    ? event(digestEvent(conclusions))
    : chat(target, (share) => digestStory(conclusions, share));
}

/** A test-fire at the target called `name`. */
export function formatTest(target: Target, name: string, now: Instant): Message {
  return target.kind === "webhook" ? event(testEvent(name, now)) : chat(target, () => testStory(name, now));
}

/** Tells this target that another one, `goneName`, is gone since `since`. */
export function formatTargetGone(target: Target, goneName: string, since: Instant): Message {
  return target.kind === "webhook"
    ? event(goneEvent(goneName, since))
    : chat(target, () => goneStory(goneName, since));
}

const event = (payload: Readonly<Record<string, unknown>>): Message => ({ payload, fallback: null });

interface Dialect {
  readonly render: (story: Story, mention: string | null) => Message;
  readonly fits: (message: Message) => boolean;
}

const DIALECTS: Readonly<Record<ChatTarget["kind"], Dialect>> = {
  slack: { render: slackMessage, fits: slackFits },
  feishu: { render: feishuMessage, fits: feishuFits },
  dingtalk: { render: dingtalkMessage, fits: dingtalkFits },
  wecom: { render: wecomMessage, fits: wecomFits },
  teams: { render: teamsMessage, fits: teamsFits },
  discord: { render: discordMessage, fits: discordFits },
};

/** A mention belongs to bad news alone. */
function chat(target: ChatTarget, tell: (share: Share) => Story): Message {
  const { render, fits } = DIALECTS[target.kind];
  return fitStory(tell, (story) => render(story, story.loud ? (target.mention ?? null) : null), fits);
}
