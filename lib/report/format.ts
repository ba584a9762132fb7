import type { Conclusion } from "../conclusion.ts";
import type { Instant } from "../job.ts";
import type { ChatTarget, Target } from "../targets.ts";
import type { Content } from "./content.ts";
import { digestContent } from "./digest-content.ts";
import { dingtalkMessage } from "./dingtalk.ts";
import { discordMessage } from "./discord.ts";
import { feishuMessage } from "./feishu.ts";
import type { Message } from "./message.ts";
import { noticeContent } from "./notice-content.ts";
import { slackMessage } from "./slack.ts";
import { targetGoneContent, testContent } from "./target-content.ts";
import { teamsMessage } from "./teams.ts";
import { jobEvent, targetGoneEvent, testEvent } from "./webhook.ts";
import { wecomMessage } from "./wecom.ts";

export type { Message } from "./message.ts";

/** How one watch ended, in the target's dialect. */
export function formatNotice(target: Target, conclusion: Conclusion): Message {
  return target.kind === "webhook" ? event(jobEvent(conclusion)) : chat(target, noticeContent(conclusion));
}

/** How all the jobs of one call ended. Webhooks get an event for each job instead; one made so tells the same. */
export function formatDigest(target: Target, conclusions: readonly Conclusion[]): Message {
  if (target.kind !== "webhook") return chat(target, digestContent(conclusions));
  return event({
    type: "jobs.digest",
    data: { jobs: conclusions.map(({ jobId, outcome }) => ({ jobId, outcome })) },
  });
}

/** What an operator's test of a target shows; it mentions nobody. */
export function formatTest(target: Target, name: string, now: Instant): Message {
  return target.kind === "webhook" ? event(testEvent(name, now)) : chat(target, testContent(name, now));
}

/** Tells the fallback target that another one, `goneName`, has been gone since `since`. */
export function formatTargetGone(target: Target, goneName: string, since: Instant): Message {
  return target.kind === "webhook"
    ? event(targetGoneEvent(goneName, since))
    : chat(target, targetGoneContent(goneName, since));
}

function event(payload: Message["payload"]): Message {
  return { payload, fallback: null };
}

function chat(target: ChatTarget, content: Content): Message {
  switch (target.kind) {
    case "slack":
      return slackMessage(content, target.mention);
    case "feishu":
      return event(feishuMessage(content, target.mention));
    case "dingtalk":
      return event(dingtalkMessage(content, target.mention));
    case "wecom":
      return event(wecomMessage(content, target.mention));
    case "teams":
      return event(teamsMessage(content, target.mention));
    case "discord":
      return event(discordMessage(content, target.mention));
    default:
      return target satisfies never;
  }
}
