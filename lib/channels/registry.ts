import type { Channel } from "./channel.ts";
import { chatChannel } from "./chat/chat-channel.ts";
import { dingtalkMessage } from "./dingtalk/message.ts";
import { dingtalkRequest } from "./dingtalk/signature.ts";
import { dingtalkVerdict } from "./dingtalk/verdict.ts";
import { discordMessage } from "./discord/message.ts";
import { discordVerdict } from "./discord/verdict.ts";
import { feishuMessage } from "./feishu/message.ts";
import { feishuRequest } from "./feishu/signature.ts";
import { feishuVerdict } from "./feishu/verdict.ts";
import { slackMessage } from "./slack/message.ts";
import { slackVerdict } from "./slack/verdict.ts";
import type { Target, TargetKind } from "./targets.ts";
import { teamsMessage } from "./teams/message.ts";
import { teamsVerdict } from "./teams/verdict.ts";
import { webhookMessage } from "./webhook/message.ts";
import { webhookRequest, webhookSecrets } from "./webhook/signature.ts";
import { webhookVerdict } from "./webhook/verdict.ts";
import { wecomMessage } from "./wecom/message.ts";
import { wecomVerdict } from "./wecom/verdict.ts";

export type Channels = { readonly [K in TargetKind]: Channel<Extract<Target, { kind: K }>> };

/**
 * Every channel, by the `kind` of its targets. A new channel is a folder, one entry here and one entry in `targets.ts`.
 * The compiler reports a missing entry. A function that only reads the config imports `targets.ts`, so its bundle contains
 * no formatter.
 */
export const CHANNELS: Channels = {
  slack: chatChannel({ message: slackMessage, verdictOf: slackVerdict }),
  webhook: {
    rateLimit: null,
    format: webhookMessage,
    buildRequest: webhookRequest,
    verdictOf: webhookVerdict,
    secretsOf: webhookSecrets,
  },
  feishu: chatChannel({ message: feishuMessage, buildRequest: feishuRequest, verdictOf: feishuVerdict }),
  dingtalk: chatChannel({
    message: dingtalkMessage,
    buildRequest: dingtalkRequest,
    verdictOf: dingtalkVerdict,
  }),
  wecom: chatChannel({ message: wecomMessage, verdictOf: wecomVerdict }),
  teams: chatChannel({ message: teamsMessage, verdictOf: teamsVerdict }),
  discord: chatChannel({ message: discordMessage, verdictOf: discordVerdict }),
};

/**
 * Returns the channel of a target's kind. The methods of a channel accept only targets of that kind. TypeScript does not
 * check this for methods.
 */
export function channelOf(target: Target): Channel<Target> {
  return CHANNELS[target.kind];
}
