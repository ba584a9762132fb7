import type { Instant } from "../../job.ts";
import type { TargetKind } from "../../targets.ts";
import type { Judgement, Reply } from "../reasons.ts";
import { judgeDingtalk } from "./dingtalk.ts";
import { judgeDiscord } from "./discord.ts";
import { judgeFeishu } from "./feishu.ts";
import { judgeNetwork } from "./network.ts";
import { judgeSlack } from "./slack.ts";
import type { Answer } from "./status.ts";
import { judgeTeams } from "./teams.ts";
import { judgeWebhook } from "./webhook.ts";
import { judgeWecom } from "./wecom.ts";

/**
 * Again or not, and why: the one place that decides what a reply means for the notice. `now` only serves
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
