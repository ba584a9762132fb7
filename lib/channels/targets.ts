import * as z from "zod/mini";
import { OUTCOMES } from "../domain/job.ts";
import type { Secret } from "../domain/secret.ts";
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

/** Returns true when people read the target. A webhook is read by a program. */
export const isChat = ({ kind }: Target): boolean => kind !== "webhook";

/** The name of a caller's `callbackUrl` starts with this prefix. A configured name cannot contain a colon. */
export const CALLBACK_PREFIX = "callback:";

/** Returns true for the name of a caller's `callbackUrl`. */
export const isCallback = (name: string): boolean => name.startsWith(CALLBACK_PREFIX);

/** Returns the target of a caller's `callbackUrl`. It gets every outcome. Without a secret its events are not signed. */
export function callbackTarget(url: Secret, secrets: Secret[]): Target {
  return { kind: "webhook", url, on: [...OUTCOMES], secrets, headers: {} };
}
