import type { Instant } from "../domain/job.ts";
import { judgeDingtalk } from "./dingtalk/verdict.ts";
import { judgeDiscord } from "./discord/verdict.ts";
import { judgeFeishu } from "./feishu/verdict.ts";
import { judgeNetwork } from "./network-verdict.ts";
import type { Judgement, Reply } from "./reasons.ts";
import { judgeSlack } from "./slack/verdict.ts";
import type { Answer } from "./status-verdict.ts";
import type { TargetKind } from "./targets.ts";
import { judgeTeams } from "./teams/verdict.ts";
import { judgeWebhook } from "./webhook/verdict.ts";
import { judgeWecom } from "./wecom/verdict.ts";

/**
 * Again or not, and why: the one place that decides what a reply means for the notification. `now` only serves
 * Retry-After headers that hold a date.
 */
export function judge(kind: TargetKind, reply: Reply, now: Instant): Judgement {
  if (reply.networkCode !== null || reply.status === null) return judgeNetwork(reply.networkCode ?? "");
  return judgeAnswer(kind, { ...reply, status: reply.status }, now);
}

function judgeAnswer(kind: TargetKind, answer: Answer, now: Instant): Judgement {
  switch (kind) {
    case "slack":
      return judgeSlack(answer, now);
    case "webhook":
      return judgeWebhook(answer, now);
    case "feishu":
      return judgeFeishu(answer, now);
    case "dingtalk":
      return judgeDingtalk(answer, now);
    case "wecom":
      return judgeWecom(answer, now);
    case "teams":
      return judgeTeams(answer, now);
    case "discord":
      return judgeDiscord(answer, now);
    default:
      return kind satisfies never;
  }
}
