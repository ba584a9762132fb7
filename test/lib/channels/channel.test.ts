import { minIntervalMs } from "../../../lib/channels/channel.ts";
import { channelOf, type TargetKind } from "../../../lib/channels/registry.ts";

const limits: [TargetKind, number, number][] = [
  ["slack", 1, 1000],
  ["feishu", 5, 1000],
  ["feishu", 100, 60_000],
  ["dingtalk", 20, 60_000],
  ["wecom", 20, 60_000],
  ["teams", 4, 1000],
  ["discord", 5, 2000],
];

describe("minIntervalMs", () => {
  it.each(limits)(
    "keeps messages to %s below the rate limit of %i messages in %i ms",
    (kind, messages, windowMs) => {
      expect(minIntervalMs(channelOf(kind).rateLimit) * messages).toBeGreaterThan(windowMs);
    },
  );

  it("returns 0 for a channel without a rate limit", () => expect(minIntervalMs(null)).toBe(0));
});
