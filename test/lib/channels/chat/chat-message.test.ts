import { createSafeLink, splitHint, TEXT_BUDGETS } from "../../../../lib/channels/chat/chat-message.ts";
import { formatDigestMessage } from "../../../../lib/channels/chat/digest-message.ts";
import { formatOutcomeMessage } from "../../../../lib/channels/chat/outcome-message.ts";
import { clusterConsoleUrl } from "../../../../lib/domain/console-url.ts";
import type { OutcomeSummary } from "../../../../lib/domain/outcome-summary.ts";
import { NODES, SAMPLES } from "../samples.ts";

const [largest, ...smaller] = TEXT_BUDGETS;

const failed = SAMPLES.failed;
const messageOf = (part: Partial<OutcomeSummary>) => formatOutcomeMessage({ ...failed, ...part }, largest);
const failure = (path: string[], reason: string | null) => ({
  path,
  reason,
  jobId: null,
  resourceName: null,
  hint: null,
});

describe("the chat message", () => {
  it("is tried with budgets that never grow", () => {
    let before = largest;
    for (const budget of smaller) {
      for (const key of [
        "failures",
        "digestFailures",
        "reasonCharacters",
        "textCharacters",
        "facts",
      ] as const)
        expect(budget[key]).toBeLessThanOrEqual(before[key]);
      before = budget;
    }
  });

  it.each([
    [{ jobType: null }, "❌ Failed: Job checkout after 9 min 10 s"],
    [{ resourceName: null }, "❌ Failed: CreateCluster job-1 after 9 min 10 s"],
    [{ durationSeconds: null }, "❌ Failed: CreateCluster checkout"],
    [{ resourceName: "a\nb\u202e" }, "❌ Failed: CreateCluster a b after 9 min 10 s"],
    [{ jobType: " ", resourceName: "\u202e" }, "❌ Failed: Job job-1 after 9 min 10 s"],
  ])("has a complete headline for %j", (part, headline) => {
    expect(messageOf(part).headline).toBe(headline);
  });

  it("truncates a long name in the headline and never truncates the duration", () => {
    const { headline } = messageOf({ resourceName: "n".repeat(500) });
    expect(headline).toMatch(/^❌ Failed: CreateCluster n+… after 9 min 10 s$/);
    expect(headline).toHaveLength(150);
  });

  it("shows the whole context of the caller", () => {
    const context = { actor: "kim", pipeline: "p", commit: "c0ffee", labels: { env: "prod", team: "a\nb" } };
    expect(
      messageOf({ context })
        .facts.map(({ label, value }) => `${label}=${value}`)
        .slice(-5),
    ).toEqual(["Started by=kim", "Pipeline=p", "Commit=c0ffee", "env=prod", "team=a b"]);
  });

  it("omits a subjob without a reason when the next failure is below the same subjob", () => {
    const failures = [failure(["A", "B"], null), failure(["A", "B", "C"], "why"), failure(["A", "D"], null)];
    const message = messageOf({ failures, subJobs: { ...failed.subJobs, failed: 3 } });
    expect(message.failures.map(({ title, reason }) => [title, reason])).toEqual([
      ["CreateCluster", "Failed to create"],
      ["A › B › C", "why"],
      ["A › D", null],
    ]);
    expect(message.notes).toEqual([]);
  });

  it("omits the job's reason when a subjob has the same reason, and has an entry for a job without any reason", () => {
    const same = messageOf({ reason: "why", failures: [failure(["A", "B"], "why ")] });
    expect(same.failures.map(({ title }) => title)).toEqual(["A › B"]);
    expect(messageOf({ reason: null, failures: [] }).failures).toEqual([
      { title: "CreateCluster", reason: null, hint: null },
    ]);
  });

  it.each([
    ["timed_out", SAMPLES.timed_out, /^The watch ended before any poll saw the job end\./],
    ["timed_out", SAMPLES.lost, /^How the job ended is unknown, because no poll ever saw the job\.$/],
    [
      "lost",
      SAMPLES.timed_out,
      /^How the job ended is unknown, because later polls could no longer see the job\.$/,
    ],
    ["lost", SAMPLES.lost, /^How the job ended is unknown, because no poll ever saw the job\.$/],
  ] as const)(
    "explains the outcome %s, with a different text for a job that no poll has seen",
    (outcome, { jobType, phase }, meaning) => {
      expect(messageOf({ outcome, jobType, phase }).summary[0]).toMatch(meaning);
    },
  );

  it("counts the failures that the message omits and the failures that the summary omits", () => {
    const failures = Array.from({ length: 9 }, (_, i) => failure(["A", `B${i}`], `reason ${i}`));
    const message = messageOf({
      failures,
      reason: null,
      failuresOmitted: 3,
    });
    expect(message.failures).toHaveLength(5);
    expect(message.notes).toEqual(["and 7 more"]);
  });

  it("shows the first and last steps of a long path", () => {
    const path = ["A", "B", "C", "D", "E", "F", "G", "H"];
    expect(messageOf({ failures: [failure(path, "x")] }).failures[1]?.title).toBe("A › B › … › F › G › H");
  });

  it("names every unsuccessful job of a digest, also a job without a reason", () => {
    const lost = { ...SAMPLES.lost, reason: null };
    const { failures, headline, mentions } = formatDigestMessage([...NODES, lost], largest);
    expect(headline).toBe("❌ 13 jobs: 11 succeeded, 1 failed, 1 lost");
    expect(failures.map(({ title }) => title)).toEqual([
      "❌ Failed: CreateNode pool-a-6 › CreateNodeVM (pool-a-1)",
      "❓ Lost: Job job-1",
    ]);
    expect(mentions).toBe(true);
  });

  it.each([
    "javascript:alert(1)",
    "https://user:pw@ci.example.com/",
    "not a URL",
    "",
    null,
    `https://x/${"y".repeat(700)}`,
  ])("makes no link from %p", (address) => {
    expect(createSafeLink("x", address)).toBeNull();
  });

  it("encodes the characters that would end a link in any channel", () => {
    expect(createSafeLink("x", "https://ci.example.com/a)b|c>d@e?f='g'")?.url).toBe(
      "https://ci.example.com/a%29b%7Cc%3Ed%40e?f=%27g%27",
    );
  });

  it("splits an https URL from the end of a hint, but no URL of another scheme", () => {
    expect(splitHint("Do this. https://v.example.com/p")).toEqual({
      advice: "Do this.",
      url: "https://v.example.com/p",
    });
    expect(splitHint("Do this. javascript:x")).toEqual({ advice: "Do this. javascript:x", url: null });
  });

  it.each([
    ["eu-de", "c-7", "https://console.otc.t-systems.com/cce2.0/?region=eu-de#/cce/cluster/c-7/detail"],
    [
      "cn-north-4",
      "c-7",
      "https://console.huaweicloud.com/cce2.0/?region=cn-north-4#/cce/cluster/c-7/detail",
    ],
    [
      "ap-southeast-1",
      "c-7",
      "https://console-intl.huaweicloud.com/cce2.0/?region=ap-southeast-1#/cce/cluster/c-7/detail",
    ],
    [
      "eu-west-101",
      "c-7",
      "https://console.huaweicloud.eu/cce2.0/?region=eu-west-101#/cce/cluster/c-7/detail",
    ],
    ["eu-de", "../x", null],
    ["eu-de", null, null],
    ["moon-1", "c-7", null],
    [null, "c-7", null],
  ])("links to the console page for the region %p and the cluster %p", (region, clusterId, url) => {
    expect(clusterConsoleUrl(region, clusterId)).toBe(url);
  });

  it("has no console link for a deleted cluster", () => {
    const labels = (part: Partial<OutcomeSummary>) => messageOf(part).links.map(({ label }) => label);
    expect(labels({ jobType: "DeleteCluster", outcome: "failed" })).toContain("Console");
    expect(labels({ jobType: "DeleteCluster", outcome: "succeeded" })).not.toContain("Console");
  });
});
