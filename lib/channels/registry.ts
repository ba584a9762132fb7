import * as z from "zod/mini";
import { type InnerSchema, unwrapLazy } from "../domain/zod-fields.ts";
import type { Channel, TargetSchema } from "./channel.ts";
import { dingtalkChannel } from "./dingtalk/channel.ts";
import { discordChannel } from "./discord/channel.ts";
import { feishuChannel } from "./feishu/channel.ts";
import { slackChannel } from "./slack/channel.ts";
import { teamsChannel } from "./teams/channel.ts";
import { webhookChannel } from "./webhook/channel.ts";
import { wecomChannel } from "./wecom/channel.ts";

/** The list of all channels. A new channel needs its own folder and a line in `registry.ts`. */
export const CHANNELS = [
  slackChannel,
  webhookChannel,
  feishuChannel,
  dingtalkChannel,
  wecomChannel,
  teamsChannel,
  discordChannel,
] as const;

interface ChannelRegistry<Schema extends TargetSchema> {
  readonly Target: z.ZodMiniLazy<z.ZodMiniDiscriminatedUnion<[Schema, ...Schema[]], "kind">>;
  /**
   * @throws {Error} if no channel has the given kind. TypeScript already prevents an unknown kind.
   */
  channelOf(kind: z.infer<Schema>["kind"]): Channel<Schema>;
}

/** Returns a schema for targets of all kinds, and a function that finds the channel for the kind of a target. */
export function createChannelRegistry<Schema extends TargetSchema>(
  channels: readonly [Channel<Schema>, ...Channel<Schema>[]],
): ChannelRegistry<Schema> {
  const [first, ...others] = channels;
  return {
    Target: z.lazy(() =>
      z.discriminatedUnion("kind", [
        unwrapLazy(first.target),
        ...others.map(({ target }) => unwrapLazy(target)),
      ]),
    ),
    channelOf(kind) {
      const channel = channels.find(({ target }) => unwrapLazy(target).shape.kind.def.values.includes(kind));
      if (channel === undefined) throw new Error(`no channel has the kind '${kind}'`);
      return channel;
    },
  };
}

/** A target in the config. In a log, the URL, the secrets and the header values of a target appear as `<secret>`. */
export const { Target, channelOf } =
  createChannelRegistry<InnerSchema<(typeof CHANNELS)[number]["target"]>>(CHANNELS);
export type Target = z.infer<typeof Target>;
export type TargetKind = Target["kind"];
