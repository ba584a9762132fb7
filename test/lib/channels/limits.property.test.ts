import type { NotificationContent } from "../../../lib/channels/channel.ts";
import { Target, type TargetKind } from "../../../lib/channels/registry.ts";
import { WebhookEvent } from "../../../lib/channels/webhook/event.ts";
import { OUTCOMES } from "../../../lib/domain/job.ts";
import { type OutcomeSummary, summarizeAndTruncateOutcome } from "../../../lib/domain/outcome-summary.ts";
import { Language } from "../../../lib/domain/texts.ts";
import fc from "../../support/properties.ts";
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
  MANY_NODES,
  NODES,
  SAMPLES,
  SLOW,
  target,
} from "./samples.ts";

const KINDS_AND_LANGUAGES: readonly (readonly [TargetKind, Language])[] = [
  ["webhook", "en"],
  ...CHAT_KINDS.flatMap((kind) => Language.options.map((language) => [kind, language] as const)),
];

/** The values of a property test. Each property gets the same values, and their generation takes most of the time. */
const generateOnce = <T>(values: fc.Arbitrary<T>, numRuns: number) => ({
  examples: fc.sample(values, numRuns).map((value): [T] => [value]),
  numRuns,
});
const OUTCOME_VALUES = generateOnce<OutcomeSummary>(hostileSummary, 30);
const hostileDigest = fc.array(hostileSummary, { maxLength: 8 });
const DIGEST_VALUES = generateOnce<OutcomeSummary[]>(hostileDigest, 12);

describe.each(KINDS_AND_LANGUAGES)("a message for %s in the language %s", (kind, language) => {
  const to = target(kind, false, language);

  it("is within the limits and mentions nobody for every outcome", () => {
    const property = fc.property(hostileSummary, (one) =>
      expectRulesKept(kind, formatOutcome(to, one).payload),
    );
    fc.assert(property, OUTCOME_VALUES);
  });

  it("is within the limits and mentions nobody for every digest", () => {
    const property = fc.property(hostileDigest, (many) =>
      expectRulesKept(kind, formatDigest(to, many).payload),
    );
    fc.assert(property, DIGEST_VALUES);
  });

  it("is within the limits for a test, for a gone target, and for digests with no and with a hundred failures", () => {
    const failure = NODES.find(({ outcome }) => outcome === "failed");
    const hundred = Array.from({ length: 100 }, () => failure ?? NODES[0]).filter((one) => one !== undefined);
    for (const message of [
      format(to, { kind: "test", target: "deploys", caller: "token:ci", at: 0 }),
      format(to, { kind: "target_gone", target: "deploys", at: 0 }),
      format(to, { kind: "slow", summary: SLOW }),
      formatDigest(to, []),
      formatDigest(to, hundred),
    ])
      expectRulesKept(kind, message.payload);
  });
});

describe.each(CHAT_KINDS)("the configured mention in a message for %s", (kind) => {
  const json = (outcome: (typeof OUTCOMES)[number], mention: boolean) =>
    JSON.stringify(formatOutcome(target(kind, mention), summarizeAndTruncateOutcome(facts({ outcome }))));

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

it.each([
  ["slack", { text: expect.not.stringMatching(/[<>]|@(all|channel|everyone|here)/) }],
  ["feishu", { content: { text: expect.not.stringMatching(/<\/?at\b/i) } }],
  ["dingtalk", { at: { atMobiles: [], atUserIds: [], isAtAll: false } }],
  ["wecom", { text: { mentioned_list: [] } }],
  ["teams", { summary: expect.not.stringMatching(/<\/?at\b/i) }],
  ["discord", { content: expect.not.stringContaining("@everyone"), allowed_mentions: { parse: [] } }],
] as const)("the plain message for %s mentions nobody, whatever the job is called", (kind, expected) => {
  const property = fc.property(hostileSummary, (summary) => {
    expect(formatOutcome(target(kind, false), summary).fallback).toMatchObject(expected);
  });
  fc.assert(property, OUTCOME_VALUES);
});

it("the plain message of a chat contains only the headline and no link", () => {
  for (const kind of CHAT_KINDS) {
    fc.assert(
      fc.property(hostileSummary, (summary) => {
        const { fallback } = formatOutcome(target(kind, false), summary);
        const json = JSON.stringify(fallback).replaceAll("\\\\", "");
        expect(json).toMatch(/"(✅ Succeeded|❌ Failed|🚧 Not ready|⏰ Timed out|❓ Lost): /u);
        expect(json.replace("http://adaptivecards.io", "")).not.toContain("://");
        expect(json.length).toBeLessThan(3_000);
      }),
      OUTCOME_VALUES,
    );
  }
});

it.each(CHAT_KINDS)("the plain message for %s has no host name from which the chat makes a link", (kind) => {
  const summary = { ...SAMPLES.failed, resourceName: "www.evil.example/a v1.25.3 Ecs.0319" };
  const { fallback } = formatOutcome(target(kind, false), summary);
  const json = JSON.stringify(fallback).replaceAll("\\\\", "");
  expect(json).toContain("www.\u200bevil.\u200bexample/a v1.25.3 Ecs.0319");
});

it.each([
  ["", {}],
  [" and the labels", Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, "v".repeat(200)]))],
])("the text of a message for Slack names every shown cause, also if the reasons%s are long", (_, labels) => {
  const subJobs = ["A", "B", "C", "D", "E"].map((type) =>
    job({ ...FAILED, type, reason: `Ecs.${type} ${"failed <&> ".repeat(400)}` }),
  );
  const summary = summarizeAndTruncateOutcome(
    facts({ outcome: "failed", job: job({ ...FAILED, subJobs }), context: { labels } }),
  );
  const { text } = formatOutcome(target("slack"), summary).payload;
  for (const type of ["A", "B", "C", "D", "E"])
    expect(text).toEqual(expect.stringContaining(`▸ ${type} failed\nEcs.${type} failed`));
  expect(String(text).length).toBeLessThanOrEqual(4_000);
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
      "▸ CreateNodeVM failed: pool-a-1",
      "CreateCluster › CreateNodePool › CreateNode › CreateNodeVM",
      "Create VM failed",
      '{"error":{"code":"Ecs.0314","message":"the keypair &lt;web&gt; does not match"}}',
      "Pipeline run: https://ci.example.com/runs/1482",
    ]),
  );
  expect(lines.at(-1)).toBe("prod · eu-de · Job job-1 · 2026-04-14 08:09:14 UTC");
});

it("Slack's field `text` is at most 4000 characters, mentions nobody and keeps the links", () => {
  const reason = `${"@channel <!here> ".repeat(400)}`;
  const causes = SAMPLES.failed.causes.map((cause) => ({ ...cause, reason }));
  const { text } = formatOutcome(target("slack", false), { ...SAMPLES.failed, causes, reason }).payload;
  expect(String(text).length).toBeLessThanOrEqual(4_000);
  expect(text).toContain("Pipeline run: https://ci.example.com/runs/1482");
  expect(text).not.toMatch(/@channel|<!here>/);
});

it.each(CHAT_KINDS)("a message for %s is within the limits for one to five long Chinese reasons", (kind) => {
  const subJobs = ["A", "B", "C", "D", "E"].map((type) =>
    job({ ...FAILED, type, reason: `${type}${"创建失败".repeat(300)}` }),
  );
  const { causes } = summarizeAndTruncateOutcome(
    facts({ outcome: "failed", job: job({ ...FAILED, subJobs }) }),
  );
  const reason = "创建失败".repeat(1000);
  expect(causes).toHaveLength(5);
  for (const count of [1, 2, 3, 4, 5]) {
    const shown = causes.slice(0, count).map((cause) => ({ ...cause, reason }));
    const { payload } = formatOutcome(target(kind, false), { ...SAMPLES.failed, causes: shown });
    expectRulesKept(kind, payload);
  }
});

it("a card for Teams with five failures of 400 lines each stays below 22 kB, with one block per reason", () => {
  const reason = `failed\n${"ten chars.\n".repeat(400)}`;
  const subJobs = Array.from({ length: 5 }, (_, index) => job({ ...FAILED, type: `Step${index}`, reason }));
  const summary = summarizeAndTruncateOutcome(facts({ outcome: "failed", job: job({ ...FAILED, subJobs }) }));
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
    { kind: "slow", summary: SLOW },
    { kind: "target_gone", target: "deploys", at: 0 },
    { kind: "test", target: "deploys", caller: "token:ci", at: 0 },
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

it("a Slack message about 200 failed subjobs has fewer than 15 blocks, with one reason and with 200 reasons", () => {
  const word = (index: number) => String.fromCharCode(97 + Math.floor(index / 26), 97 + (index % 26));
  const blocksFor = (reasonOf: (index: number) => string) => {
    const subJobs = Array.from({ length: 200 }, (_, index) =>
      job({ ...FAILED, type: "CreateNodeVM", resourceName: `pool-a-${index}`, reason: reasonOf(index) }),
    );
    const summary = summarizeAndTruncateOutcome(
      facts({ outcome: "failed", job: job({ ...FAILED, subJobs }) }),
    );
    return formatOutcome(target("slack"), summary).payload.blocks;
  };
  const one = blocksFor((index) => `no capacity for pool-a-${index}`);
  expect(JSON.stringify(one)).toContain("200 of 200 nodes failed: pool-a-0, pool-a-1, pool-a-2 and 197 more");
  expect((one as unknown[]).length).toBeLessThan(9);
  const many = blocksFor((index) => `${word(index)} is broken`);
  expect((many as unknown[]).length).toBeLessThan(15);
  expect(JSON.stringify(many)).toMatch(/and 19\d more causes/);
});

it.each(CHAT_KINDS)(
  "the body of a message for %s has no commit hash and no number of polls, and the job ID only in the footer",
  (kind) => {
    for (const summary of [...Object.values(SAMPLES), MANY_NODES]) {
      const { payload } = formatOutcome(target(kind), { ...summary, jobId: "the-job-id", jobPageUrl: null });
      const json = JSON.stringify(payload).replaceAll("\\\\", "");
      expect(json).not.toMatch(/9f2c1ab|12 polls|cluster-77(?!\/detail)/);
      const copies = kind === "slack" ? 2 : 1;
      expect(json.split("the-job-id")).toHaveLength(copies + 1);
      expect(json).toContain("Job the-job-id");
    }
  },
);

it.each(CHAT_KINDS)("a message for %s has the cause before the caller, the links and the footer", (kind) => {
  const { payload } = formatOutcome(target(kind), SAMPLES.failed);
  const json = JSON.stringify(kind === "slack" ? payload.blocks : payload).replaceAll("\\\\", "");
  const positions = [
    "CreateNodeVM failed",
    "Ecs",
    "key pair was deleted",
    "Mara",
    "ci.example.com",
    "Job job",
  ].map((part) => json.indexOf(part));
  expect(positions).not.toContain(-1);
  expect(positions).toEqual(positions.toSorted((a, b) => a - b));
});

it.each([
  ["slack", `"type":"date","timestamp":1776154154`],
  ["discord", "<t:1776154154:f>"],
  ["teams", "{{DATE(2026-04-14T08:09:14Z,SHORT)}} {{TIME(2026-04-14T08:09:14Z)}}"],
  ["feishu", "2026-04-14 08:09:14 UTC"],
  ["dingtalk", "2026-04-14 08:09:14 UTC"],
  ["wecom", "2026-04-14 08:09:14 UTC"],
] as const)("a message for %s has the time in the reader's zone if the chat can show it", (kind, time) => {
  expect(JSON.stringify(formatOutcome(target(kind), SAMPLES.failed).payload)).toContain(time);
});

it.each(CHAT_KINDS)("a test message for %s shows a caller with control characters in one line", (kind) => {
  const caller = "oidc:https://ci.example.com:a\nb\u202e";
  const { payload } = format(target(kind, false), { kind: "test", target: "deploys", caller, at: 0 });
  expect(JSON.stringify(payload)).toMatch(/:a b /);
  expect(JSON.stringify(payload)).not.toContain("\u202e");
});

it.each(CHAT_KINDS)("a test message for %s says who sent the test", (kind) => {
  const { payload } = format(target(kind), {
    kind: "test",
    target: "deploys",
    caller: "token:gitlab",
    at: 0,
  });
  expect(JSON.stringify(payload).replaceAll("\\\\", "")).toContain("token:gitlab sent this test");
});
