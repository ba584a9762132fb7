import fc from "fast-check";
import {
  formatDigest,
  formatNotification,
  formatTargetGone,
  formatTest,
} from "../../../lib/channels/format.ts";
import { OUTCOMES } from "../../../lib/domain/job.ts";
import { summarizeOutcome } from "../../../lib/domain/outcome-summary.ts";
import { expectRulesKept } from "./channel-rules.ts";
import { hostileConclusion } from "./hostile.ts";
import { CHAT_KINDS, facts, KINDS, NODES, target } from "./samples.ts";

describe.each(KINDS)("no outcome, however hostile, breaks a limit or calls anybody in %s", (kind) => {
  const to = target(kind, false);

  it("told one at a time", () => {
    const property = fc.property(hostileConclusion, (one) =>
      expectRulesKept(kind, formatNotification(to, one).payload),
    );
    fc.assert(property, { numRuns: 40 });
  });

  it("told many at once", () => {
    const property = fc.property(fc.array(hostileConclusion, { maxLength: 8 }), (many) =>
      expectRulesKept(kind, formatDigest(to, many).payload),
    );
    fc.assert(property, { numRuns: 12 });
  });

  it("nor does a test, news of a target that is gone, or a digest of nothing or of a hundred failures", () => {
    const failure = NODES.find(({ outcome }) => outcome === "failed");
    const hundred = Array.from({ length: 100 }, () => failure ?? NODES[0]).filter((one) => one !== undefined);
    for (const message of [
      formatTest(to, "deploys", 0),
      formatTargetGone(to, "deploys", 0),
      formatDigest(to, []),
      formatDigest(to, hundred),
    ])
      expectRulesKept(kind, message.payload);
  });
});

describe.each(CHAT_KINDS)("a mention in %s", (kind) => {
  const told = (outcome: (typeof OUTCOMES)[number], mention: boolean) =>
    JSON.stringify(formatNotification(target(kind, mention), summarizeOutcome(facts({ outcome }))));

  it.each(OUTCOMES)("is made for bad news alone: %s", (outcome) => {
    expect(told(outcome, true) === told(outcome, false)).toBe(outcome === "succeeded");
  });

  it("is made by a digest with a failure, and by no digest without one", () => {
    const digest = (mention: boolean, all: typeof NODES) =>
      JSON.stringify(formatDigest(target(kind, mention), all));
    const good = NODES.filter(({ outcome }) => outcome === "succeeded");
    expect(digest(true, NODES)).not.toBe(digest(false, NODES));
    expect(digest(true, good)).toBe(digest(false, good));
  });
});

it("a headline is complete in itself and short enough for a phone, and Slack's fallback is nothing else", () => {
  fc.assert(
    fc.property(hostileConclusion, (conclusion) => {
      const { fallback, payload } = formatNotification(target("slack", false), conclusion);
      expect(fallback).toEqual({ text: payload.text });
      expect(String(payload.text)).toMatch(/^(✅ Succeeded|❌ Failed|⏰ Timed out|❓ Lost): \S/u);
    }),
  );
  for (const kind of KINDS.filter((each) => each !== "slack"))
    expect(formatNotification(target(kind), summarizeOutcome(facts())).fallback).toBeNull();
});
