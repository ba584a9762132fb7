import fc from "fast-check";
import { OUTCOMES } from "../../../lib/domain/job.ts";
import { summarizeOutcome } from "../../../lib/domain/outcome-summary.ts";
import { expectRulesKept } from "./channel-rules.ts";
import { hostileSummary } from "./hostile.ts";
import { CHAT_KINDS, facts, format, formatDigest, formatOutcome, KINDS, NODES, target } from "./samples.ts";

describe.each(KINDS)("a message for %s", (kind) => {
  const to = target(kind, false);

  it("is within the limits and mentions nobody for every outcome", () => {
    const property = fc.property(hostileSummary, (one) =>
      expectRulesKept(kind, formatOutcome(to, one).payload),
    );
    fc.assert(property, { numRuns: 40 });
  });

  it("is within the limits and mentions nobody for every digest", () => {
    const property = fc.property(fc.array(hostileSummary, { maxLength: 8 }), (many) =>
      expectRulesKept(kind, formatDigest(to, many).payload),
    );
    fc.assert(property, { numRuns: 12 });
  });

  it("is within the limits for a test, for a gone target, and for digests with no and with a hundred failures", () => {
    const failure = NODES.find(({ outcome }) => outcome === "failed");
    const hundred = Array.from({ length: 100 }, () => failure ?? NODES[0]).filter((one) => one !== undefined);
    for (const message of [
      format(to, { kind: "test", target: "deploys", at: 0 }),
      format(to, { kind: "target_gone", target: "deploys", since: 0 }),
      formatDigest(to, []),
      formatDigest(to, hundred),
    ])
      expectRulesKept(kind, message.payload);
  });
});

describe.each(CHAT_KINDS)("the configured mention in a message for %s", (kind) => {
  const json = (outcome: (typeof OUTCOMES)[number], mention: boolean) =>
    JSON.stringify(formatOutcome(target(kind, mention), summarizeOutcome(facts({ outcome }))));

  it.each(OUTCOMES)("is present for every outcome except succeeded: %s", (outcome) => {
    expect(json(outcome, true) === json(outcome, false)).toBe(outcome === "succeeded");
  });

  it("is present only in a digest with a failure", () => {
    const digest = (mention: boolean, all: typeof NODES) =>
      JSON.stringify(formatDigest(target(kind, mention), all));
    const good = NODES.filter(({ outcome }) => outcome === "succeeded");
    expect(digest(true, NODES)).not.toBe(digest(false, NODES));
    expect(digest(true, good)).toBe(digest(false, good));
  });
});

it("only a message for Slack has a fallback, and the fallback contains only the headline", () => {
  fc.assert(
    fc.property(hostileSummary, (summary) => {
      const { fallback, payload } = formatOutcome(target("slack", false), summary);
      expect(fallback).toEqual({ text: payload.text });
      expect(String(payload.text)).toMatch(/^(✅ Succeeded|❌ Failed|⏰ Timed out|❓ Lost): \S/u);
    }),
  );
  for (const kind of KINDS.filter((each) => each !== "slack"))
    expect(formatOutcome(target(kind), summarizeOutcome(facts())).fallback).toBeNull();
});
