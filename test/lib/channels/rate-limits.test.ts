import { paceMs } from "../../../lib/channels/rate-limits.ts";
import type { TargetKind } from "../../../lib/channels/targets.ts";

const limits: [TargetKind, number, number][] = [
  ["slack", 1, 1000],
  ["feishu", 5, 1000],
  ["feishu", 100, 60_000],
  ["dingtalk", 20, 60_000],
  ["wecom", 20, 60_000],
  ["teams", 4, 1000],
  ["discord", 5, 2000],
];

describe("the pace of a target", () => {
  it.each(limits)("keeps %s within %i messages in %i ms", (kind, messages, windowMs) => {
    expect(paceMs(kind) * messages).toBeGreaterThan(windowMs);
  });

  it("is nobody's business at a webhook", () => expect(paceMs("webhook")).toBe(0));
});
