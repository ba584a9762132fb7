import type { Instant } from "../domain/job.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";
import type { Share, Story } from "./chat/chat-message.ts";
import { digestStory } from "./chat/digest-message.ts";
import { fitStory } from "./chat/fit-message.ts";
import { outcomeStory } from "./chat/outcome-message.ts";
import { goneStory, testStory } from "./chat/system-messages.ts";
import { dingtalkFits, dingtalkMessage } from "./dingtalk/message.ts";
import { discordFits, discordMessage } from "./discord/message.ts";
import { feishuFits, feishuMessage } from "./feishu/message.ts";
import type { Message } from "./payload.ts";
import { slackFits, slackMessage } from "./slack/message.ts";
import type { ChatTarget, Target } from "./targets.ts";
import { teamsFits, teamsMessage } from "./teams/message.ts";
import { digestEvent, goneEvent, jobEvent, testEvent } from "./webhook/message.ts";
import { wecomFits, wecomMessage } from "./wecom/message.ts";

export type { Message } from "./payload.ts";

/** One outcome for one target. */
export function formatNotification(target: Target, conclusion: OutcomeSummary): Message {
  return target.kind === "webhook"
    ? event(jobEvent(conclusion))
    : chat(target, (share) => outcomeStory(conclusion, share));
}

/** How all the jobs of one call ended. */
export function formatDigest(target: Target, conclusions: readonly OutcomeSummary[]): Message {
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
