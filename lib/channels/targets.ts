import * as z from "zod/mini";
import { DingtalkTarget } from "./dingtalk/target.ts";
import { DiscordTarget } from "./discord/target.ts";
import { FeishuTarget } from "./feishu/target.ts";
import { SlackTarget } from "./slack/target.ts";
import { TeamsTarget } from "./teams/target.ts";
import { WebhookTarget } from "./webhook/target.ts";
import { WecomTarget } from "./wecom/target.ts";

/** A destination of notifications, as the config describes it. URLs, secrets and header values never print themselves. */
export const Target = z.discriminatedUnion("kind", [
  SlackTarget,
  WebhookTarget,
  FeishuTarget,
  DingtalkTarget,
  WecomTarget,
  TeamsTarget,
  DiscordTarget,
]);
export type Target = z.infer<typeof Target>;
export type TargetKind = Target["kind"];

/** A caller's own `callbackUrl` is a target of one watch. Its name starts so; no configured name can contain a colon. */
export const CALLBACK_PREFIX = "callback:";

export const isCallback = (target: string): boolean => target.startsWith(CALLBACK_PREFIX);
