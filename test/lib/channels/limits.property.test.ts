import fc from "fast-check";
import type { NotificationContent } from "../../../lib/channels/channel.ts";
import { Target } from "../../../lib/channels/registry.ts";
import { WebhookEvent } from "../../../lib/channels/webhook/event.ts";
import { OUTCOMES } from "../../../lib/domain/job.ts";
import { summarizeOutcome } from "../../../lib/domain/outcome-summary.ts";
import { expectRulesKept } from "./channel-rules.ts";
import { hostileSummary } from "./hostile.ts";
import {
  CHAT_KINDS,
  FAILED,
  facts,
  format,
  formatDigest,
  formatOutcome,
  job,
  KINDS,
  NODES,
  SAMPLES,
  target,
} from "./samples.ts";

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

it("the plain message of a chat contains only the headline and no link", () => {
  for (const kind of CHAT_KINDS) {
    fc.assert(
      fc.property(hostileSummary, (summary) => {
        const { fallback } = formatOutcome(target(kind, false), summary);
        const json = JSON.stringify(fallback).replaceAll("\\\\", "");
        expect(json).toMatch(/"(✅ Succeeded|❌ Failed|⏰ Timed out|❓ Lost): /u);
        expect(json.replace("http://adaptivecards.io", "")).not.toContain("://");
        expect(json.length).toBeLessThan(3_000);
      }),
      { numRuns: 30 },
    );
  }
});

it("the simpler webhook event has no failures and counts all failed subjobs as omitted", () => {
  const { payload, fallback } = formatOutcome(target("webhook"), SAMPLES.failed);
  expect(fallback).toEqual({
    ...payload,
    data: {
      ...(payload.data as object),
      failures: [],
      failuresOmitted: SAMPLES.failed.subJobs.failed,
    },
  });
  expect(WebhookEvent.safeParse(fallback).success).toBe(true);
  expect(formatOutcome(target("webhook"), SAMPLES.succeeded).fallback).toBeNull();
});

it("Slack's field `text` starts with the headline and contains every part of the message", () => {
  const { text } = formatOutcome(target("slack", false), SAMPLES.failed).payload;
  const lines = String(text).replaceAll("\u200b", "").split("\n");
  expect(lines[0]).toBe("❌ Failed: CreateCluster checkout after 9 min 10 s");
  expect(lines).toEqual(
    expect.arrayContaining([
      "▸ CreateCluster › CreateNodePool › CreateNode › CreateNodeVM (pool-a-1)",
      "Create VM failed",
      '{"error":{"code":"Ecs.0314","message":"the keypair &lt;web&gt; does not match"}}',
      "Pipeline run: https://ci.example.com/runs/1482",
    ]),
  );
  expect(lines.at(-1)).toMatch(/^Job job-1 · /);
});

it("Slack's field `text` is at most 4000 characters, mentions nobody and keeps the links", () => {
  const reason = `${"@channel <!here> ".repeat(400)}`;
  const failures = SAMPLES.failed.failures.map((failure) => ({ ...failure, reason }));
  const { text } = formatOutcome(target("slack", false), { ...SAMPLES.failed, failures, reason }).payload;
  expect(String(text).length).toBeLessThanOrEqual(4_000);
  expect(text).toContain("Pipeline run: https://ci.example.com/runs/1482");
  expect(text).not.toMatch(/@channel|<!here>/);
});

it("a card for Teams with five failures of 400 lines each stays below 22 kB, with one block per reason", () => {
  const reason = `failed\n${"ten chars.\n".repeat(400)}`;
  const subJobs = Array.from({ length: 5 }, () => job({ ...FAILED, reason }));
  const summary = summarizeOutcome(facts({ outcome: "failed", job: job({ ...FAILED, subJobs }) }));
  const { payload } = formatOutcome(target("teams"), summary);
  expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThan(22_000);
  expect(JSON.stringify(payload).match(/"RichTextBlock"/g)?.length).toBeLessThan(25);
});

describe.each(["dingtalk", "feishu"] as const)("the keyword of a target of %s", (kind) => {
  const keyword = "[CCE!]";
  const to = Target.parse({ kind, url: "https://hooks.example.com/x", keyword });
  const contents: NotificationContent[] = [
    { kind: "outcome", summary: SAMPLES.succeeded },
    { kind: "outcome", summary: SAMPLES.failed },
    { kind: "digest", summaries: NODES },
    { kind: "digest", summaries: [] },
    { kind: "target_gone", target: "deploys", since: 0 },
    { kind: "test", target: "deploys", at: 0 },
  ];

  it.each(contents)("stands in the message and in the plain message: %j", (content) => {
    const { payload, fallback } = format(to, content);
    expect(JSON.stringify(payload)).toContain(keyword);
    expect(JSON.stringify(fallback)).toContain(keyword);
  });

  it.each(["", "  ", "a\nb", "k".repeat(51)])("must be one short line of text: %j", (text) => {
    const parsed = Target.safeParse({ kind, url: "https://hooks.example.com/x", keyword: text });
    expect(parsed.error?.issues[0]?.path).toEqual(["keyword"]);
  });

  it("is not added to a headline that contains the keyword", () => {
    const named = Target.parse({ kind, url: "https://hooks.example.com/x", keyword: "Failed" });
    expect(JSON.stringify(formatOutcome(named, SAMPLES.failed))).not.toContain("· Failed");
  });
});

it.each(["slack", "wecom", "teams", "discord"])("a target of the kind %s has no keyword", (kind) => {
  const parsed = Target.safeParse({ kind, url: "https://hooks.example.com/x", keyword: "CCE" });
  expect(parsed.error?.issues[0]?.message).toMatch(/unknown field: 'keyword'/);
});
