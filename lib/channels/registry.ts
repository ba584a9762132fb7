import * as z from "zod/mini";
import type { Channel, TargetSchema } from "./channel.ts";
import { dingtalkChannel } from "./dingtalk/channel.ts";
import { discordChannel } from "./discord/channel.ts";
import { feishuChannel } from "./feishu/channel.ts";
import { slackChannel } from "./slack/channel.ts";
import { teamsChannel } from "./teams/channel.ts";
import { webhookChannel } from "./webhook/channel.ts";
import { wecomChannel } from "./wecom/channel.ts";

/** Every channel. A new channel is a folder and a line here. The config's schema and all types follow from this list. */
export const CHANNELS = [
  slackChannel,
  webhookChannel,
  feishuChannel,
  dingtalkChannel,
  wecomChannel,
  teamsChannel,
  discordChannel,
] as const;

/** Returns the schema for a target of any of the channels, and the function that finds the channel of a target's kind. */
export function createChannelRegistry<Schema extends TargetSchema>(
  channels: readonly [Channel<Schema>, ...Channel<Schema>[]],
) {
  const [first, ...others] = channels;
  return {
    Target: z.discriminatedUnion("kind", [first.target, ...others.map(({ target }) => target)]),
    /** @throws {Error} No channel has this kind. The types exclude it. */
    channelOf(kind: z.infer<Schema>["kind"]): Channel<Schema> {
      const channel = channels.find(({ target }) => target.shape.kind.def.values.includes(kind));
      if (channel === undefined) throw new Error(`no channel has the kind '${kind}'`);
      return channel;
    },
  };
}

/** A destination of notifications, as the config describes it. URLs, secrets and header values never print themselves. */
export const { Target, channelOf } = createChannelRegistry<(typeof CHANNELS)[number]["target"]>(CHANNELS);
export type Target = z.infer<typeof Target>;
export type TargetKind = Target["kind"];
