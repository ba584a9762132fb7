import { SHARES } from "../../../../lib/channels/chat/chat-message.ts";
import { digestStory } from "../../../../lib/channels/chat/digest-message.ts";
import { hintOf, linkTo } from "../../../../lib/channels/chat/links.ts";
import { outcomeStory } from "../../../../lib/channels/chat/outcome-message.ts";
import { consoleUrl } from "../../../../lib/domain/console-url.ts";
import { type OutcomeSummary, summarizeOutcome } from "../../../../lib/domain/outcome-summary.ts";
import { facts, job, NODES, SAMPLES } from "../samples.ts";

const [generous, ...others] = SHARES;
if (generous === undefined) throw new Error("there is no share");

const failed = SAMPLES.failed;
const storyOf = (part: Partial<OutcomeSummary>) => outcomeStory({ ...failed, ...part }, generous);
const failure = (path: string[], reason: string | null) => ({
  path,
  reason,
  jobId: null,
  resourceName: null,
  hint: null,
});

it("gives ever less to each part, so that the last share fits where the first did not", () => {
  let before = generous;
  for (const share of others) {
    for (const key of ["troubles", "digestTroubles", "reason", "text", "facts"] as const)
      expect(share[key]).toBeLessThanOrEqual(before[key]);
    before = share;
  }
});

it.each([
  [{ jobType: null }, "❌ Failed: Job checkout after 9 min 10 s"],
  [{ resourceName: null }, "❌ Failed: CreateCluster job-1 after 9 min 10 s"],
  [{ durationSeconds: null }, "❌ Failed: CreateCluster checkout"],
  [{ resourceName: "a\nb\u202e" }, "❌ Failed: CreateCluster a b after 9 min 10 s"],
  [{ jobType: " ", resourceName: "\u202e" }, "❌ Failed: Job job-1 after 9 min 10 s"],
])("has a headline that is complete whatever is missing: %j", (part, headline) => {
  expect(storyOf(part).headline).toBe(headline);
});

it("keeps the duration in a headline whose name is too long", () => {
  const { headline } = storyOf({ resourceName: "n".repeat(500) });
  expect(headline).toMatch(/^❌ Failed: CreateCluster n+… after 9 min 10 s$/);
  expect(headline).toHaveLength(150);
});

it("shows the caller's whole context", () => {
  const context = { actor: "kim", pipeline: "p", commit: "c0ffee", labels: { env: "prod", team: "a\nb" } };
  expect(
    storyOf({ context })
      .facts.map(({ label, value }) => `${label}=${value}`)
      .slice(-5),
  ).toEqual(["Started by=kim", "Pipeline=p", "Commit=c0ffee", "env=prod", "team=a b"]);
});

it("tells a subjob that failed only because the next one did by that one alone", () => {
  const failures = [failure(["A", "B"], null), failure(["A", "B", "C"], "why"), failure(["A", "D"], null)];
  const { troubles, left } = storyOf({ failures, subJobs: { ...failed.subJobs, failed: 3 } });
  expect(troubles.map(({ title, reason }) => [title, reason])).toEqual([
    ["CreateCluster", "Failed to create"],
    ["A › B › C", "why"],
    ["A › D", null],
  ]);
  expect(left).toBe(0);
});

it("does not repeat the job's own reason where a subjob says the same, and says so where there is none", () => {
  const same = storyOf({ reason: "why", failures: [failure(["A", "B"], "why ")] });
  expect(same.troubles.map(({ title }) => title)).toEqual(["A › B"]);
  expect(storyOf({ reason: null, failures: [] }).troubles).toEqual([
    { title: "CreateCluster", reason: null, hint: null },
  ]);
});

it.each([
  ["timed_out", SAMPLES.timed_out, /^The watch ended before any poll saw the job end\./],
  ["timed_out", SAMPLES.lost, /^It is not known how the job ended: no poll ever saw it\.$/],
  ["lost", SAMPLES.timed_out, /^It is not known how the job ended: later polls could no longer see it\.$/],
  ["lost", SAMPLES.lost, /^It is not known how the job ended: no poll ever saw it\.$/],
] as const)(
  "says what %s means by whether a poll ever saw the job",
  (outcome, { jobType, phase }, meaning) => {
    expect(storyOf({ outcome, jobType, phase }).summary[0]).toMatch(meaning);
  },
);

it("counts what it leaves out, also what the event left out before", () => {
  const failures = Array.from({ length: 9 }, (_, i) => failure(["A", `B${i}`], `reason ${i}`));
  const { troubles, left } = storyOf({ failures, reason: null, subJobs: { ...failed.subJobs, failed: 12 } });
  expect(troubles).toHaveLength(5);
  expect(left).toBe(7);
});

it("shows the ends of a path too long to be read", () => {
  const path = ["A", "B", "C", "D", "E", "F", "G", "H"];
  expect(storyOf({ failures: [failure(path, "x")] }).troubles[1]?.title).toBe("A › B › … › F › G › H");
});

it("names every job of a digest that went wrong, though there be no reason", () => {
  const lost = { ...SAMPLES.lost, reason: null };
  const { troubles, headline, loud } = digestStory([...NODES, lost], generous);
  expect(headline).toBe("❌ 13 jobs: 11 succeeded, 1 failed, 1 lost");
  expect(troubles.map(({ title }) => title)).toEqual([
    "❌ Failed: CreateNode pool-a-6 › CreateNodeVM (pool-a-1)",
    "❓ Lost: Job job-1",
  ]);
  expect(loud).toBe(true);
});

it.each([
  "javascript:alert(1)",
  "https://user:pw@ci.example.com/",
  "not a URL",
  "",
  null,
  `https://x/${"y".repeat(700)}`,
])("makes no link of %p", (address) => {
  expect(linkTo("x", address)).toBeNull();
});

it("makes a link that ends where it should in every dialect", () => {
  expect(linkTo("x", "https://ci.example.com/a)b|c>d@e?f='g'")?.url).toBe(
    "https://ci.example.com/a%29b%7Cc%3Ed%40e?f=%27g%27",
  );
});

it("takes the page's address from a hint's end, and no other scheme's", () => {
  expect(hintOf("Do this. https://v.example.com/p")).toEqual({
    advice: "Do this.",
    url: "https://v.example.com/p",
  });
  expect(hintOf("Do this. javascript:x")).toEqual({ advice: "Do this. javascript:x", url: null });
});

it.each([
  ["eu-de", "c-7", "https://console.otc.t-systems.com/cce2.0/?region=eu-de#/cce/cluster/c-7/detail"],
  ["cn-north-4", "c-7", "https://console.huaweicloud.com/cce2.0/?region=cn-north-4#/cce/cluster/c-7/detail"],
  [
    "ap-southeast-1",
    "c-7",
    "https://console-intl.huaweicloud.com/cce2.0/?region=ap-southeast-1#/cce/cluster/c-7/detail",
  ],
  ["eu-west-101", "c-7", "https://console.huaweicloud.eu/cce2.0/?region=eu-west-101#/cce/cluster/c-7/detail"],
  ["eu-de", "../x", null],
  ["eu-de", null, null],
  ["moon-1", "c-7", null],
  [null, "c-7", null],
])("knows the console's page of a cluster in %p: %p", (region, clusterId, url) => {
  expect(consoleUrl(region, clusterId)).toBe(url);
});

it("leads to no cluster that was deleted", () => {
  const labels = (part: Partial<OutcomeSummary>) => storyOf(part).links.map(({ label }) => label);
  expect(labels({ jobType: "DeleteCluster", outcome: "failed" })).toContain("Console");
  expect(labels({ jobType: "DeleteCluster", outcome: "succeeded" })).not.toContain("Console");
});

it("does not say twice that failures are missing", () => {
  const many = Array.from({ length: 300 }, () => job({ state: "failed", reason: "x".repeat(500) }));
  const conclusion = summarizeOutcome(facts({ outcome: "failed", job: job({ subJobs: many }) }));
  const { left, warnings } = outcomeStory(conclusion, generous);
  expect(conclusion.warnings).toHaveLength(1);
  expect({ left, warnings }).toEqual({ left: 295, warnings: [] });
});
