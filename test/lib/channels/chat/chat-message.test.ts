import {
  createSafeLink,
  splitHintIntoAdviceAndUrl,
  TEXT_BUDGETS,
} from "../../../../lib/channels/chat/chat-message.ts";
import { formatDigestMessage } from "../../../../lib/channels/chat/digest-message.ts";
import { formatOutcomeMessage } from "../../../../lib/channels/chat/outcome-message.ts";
import type { CauseInTree } from "../../../../lib/domain/cause.ts";
import { createClusterConsoleUrl } from "../../../../lib/domain/console-url.ts";
import type { OutcomeSummary } from "../../../../lib/domain/outcome-summary.ts";
import { textsOfLanguage } from "../../../../lib/domain/texts.ts";
import { format, MANY_NODES, NODES, SAMPLES, SLOW, target } from "../samples.ts";

const EN = textsOfLanguage("en");
const [largest, ...smaller] = TEXT_BUDGETS;

const failed = SAMPLES.failed;
const messageOf = (part: Partial<OutcomeSummary>) =>
  formatOutcomeMessage({ ...failed, ...part }, largest, EN);
const [CAUSE] = failed.causes;
if (CAUSE === undefined) throw new Error("the sample has a cause");
const cause = (part: Partial<CauseInTree>): CauseInTree => ({ ...CAUSE, ...part });
const digestOf = (summaries: readonly OutcomeSummary[]) => formatDigestMessage(summaries, largest, EN);

describe("the chat message", () => {
  it("is tried with budgets that never grow", () => {
    let before = largest;
    for (const budget of smaller) {
      for (const key of ["causes", "digestCauses", "reasonCharacters", "textCharacters", "facts"] as const)
        expect(budget[key]).toBeLessThanOrEqual(before[key]);
      before = budget;
    }
  });

  it.each([
    [{ jobType: null }, "❌ Failed: Job checkout after 9 min 10 s"],
    [{ resourceName: null }, "❌ Failed: CreateCluster after 9 min 10 s"],
    [{ durationSeconds: null }, "❌ Failed: CreateCluster checkout"],
    [{ resourceName: "a\nb\u202e" }, "❌ Failed: CreateCluster a b after 9 min 10 s"],
    [{ jobType: " ", resourceName: "\u202e" }, "❌ Failed: Job in prod after 9 min 10 s"],
  ])("has a complete headline for %j", (part, headline) => {
    expect(messageOf(part).headline).toBe(headline);
  });

  it("truncates a long name in the headline and never truncates the duration", () => {
    const { headline } = messageOf({ resourceName: "n".repeat(500) });
    expect(headline).toMatch(/^❌ Failed: CreateCluster n+… after 9 min 10 s$/);
    expect(headline).toHaveLength(150);
  });

  it("shows who started the job, the pipeline and the labels, but no commit hash", () => {
    const context = { actor: "kim", pipeline: "p", commit: "c0ffee", labels: { env: "prod", team: "a\nb" } };
    expect(messageOf({ context }).facts.map(({ label, value }) => `${label}=${value}`)).toEqual([
      "Started by=kim",
      "Pipeline=p",
      "env=prod",
      "team=a b",
    ]);
  });

  it("says once how many of what failed, with the first names and one hint", () => {
    const { causes, notes } = formatOutcomeMessage(MANY_NODES, largest, EN);
    expect(causes).toEqual([
      {
        title: "30 of 30 nodes failed: pool-a-0, pool-a-1, pool-a-2 and 27 more",
        path: "CreateNodePool › CreateNode › CreateNodeVM",
        reason: "Ecs.0319: the flavor of pool-a-0 is sold out",
        hint: {
          advice: expect.stringContaining("sold out"),
          url: expect.stringMatching(/^https:/),
        },
      },
    ]);
    expect(notes).toEqual([]);
  });

  it.each([
    [{ type: "CreateNodeVM", count: 1, total: 1 }, "CreateNodeVM failed: pool-a-1"],
    [{ type: "CreateNodeVM", count: 1, total: 4 }, "1 of 4 nodes failed: pool-a-1"],
    [{ type: "CreateNodePool", count: 2, total: 4 }, "2 of 4 node pools failed: pool-a-1"],
    [{ type: "InstallNode", count: 3, total: 3, resources: ["n-1"] }, "3 of 3 nodes failed: n-1"],
    [{ type: "CreateEIP", count: 2, total: 2, resources: [] }, "2 of 2 subjobs of type CreateEIP failed"],
    [{ type: null, count: 1, total: 1, resources: [] }, "A subjob failed"],
    [{ type: null, count: 1, total: 2, resources: [] }, "1 of 2 subjobs of type unknown failed"],
  ])("has the title of the cause %j", (part, title) => {
    expect(messageOf({ causes: [cause(part)] }).causes[0]?.title).toBe(title);
  });

  it("shows the reason of the job only if the job has no causes", () => {
    const own = { title: null, path: null, reason: "Failed to create", hint: null };
    expect(messageOf({ causes: [] }).causes).toEqual([own]);
    expect(messageOf({ causes: [], reason: null }).causes).toEqual([{ ...own, reason: null }]);
    expect(messageOf({}).causes.map(({ reason }) => reason)).toEqual([CAUSE.reason]);
  });

  it("says once what happened to a watch that timed out, and what to do", () => {
    const { statements, causes } = formatOutcomeMessage(SAMPLES.timed_out, largest, EN);
    expect(statements).toEqual([
      "The deadline of 120 min has passed. Still running: InstallMaster (m-0).",
      "The job may still be running in the cloud. Check the job in the console. To follow the job further, submit it again with a later deadline.",
    ]);
    expect(causes).toEqual([]);
  });

  it("shows up to three warnings, or two warnings and the number of the other warnings", () => {
    const notesOf = (warnings: string[]) => messageOf({ warnings, outcome: "succeeded", causes: [] }).notes;
    expect(notesOf(["a", "b", "c"])).toEqual(["⚠️ a", "⚠️ b", "⚠️ c"]);
    expect(notesOf(["a", "b", "c", "d"])).toEqual(["⚠️ a", "⚠️ b", "⚠️ 2 more warnings."]);
    const many = ["a", "b", "c", EN["sentence.moreWarnings"].replace("{count}", "7")];
    expect(notesOf(many)).toEqual(["⚠️ a", "⚠️ b", "⚠️ 8 more warnings."]);
  });

  it.each(["timed_out", "not_ready"] as const)("has no empty line for %s without a reason", (outcome) => {
    const { statements } = messageOf({ outcome, reason: null, causes: [] });
    expect(statements).toEqual([EN[`advice.${outcome}`]]);
  });

  it.each([
    [
      SAMPLES.timed_out,
      /^How the job ended is unknown, because CCE no longer shows the job\.$/,
      /^Check in the console how the job ended\./,
    ],
    [
      SAMPLES.lost,
      /^How the job ended is unknown, because CCE never showed the job\.$/,
      /^Check the job ID, and the region/,
    ],
  ])("says what to check about a lost job", ({ jobType, phase }, meaning, advice) => {
    const { statements, causes } = messageOf({
      outcome: "lost",
      jobType,
      phase,
      causes: [],
      reason: "CCE: 404",
    });
    expect(statements[0]).toMatch(meaning);
    expect(statements[1]).toMatch(advice);
    expect(causes.map(({ reason }) => reason)).toEqual(["CCE: 404"]);
  });

  it("counts the causes that the message omits and the causes that the summary omits", () => {
    const causes = Array.from({ length: 9 }, (_, i) => cause({ type: `B${i}` }));
    const message = messageOf({ causes, causesOmitted: 3 });
    expect(message.causes).toHaveLength(5);
    expect(message.notes).toEqual(["and 7 more causes"]);
    expect(messageOf({ causes: causes.slice(0, 6) }).notes).toEqual(["and 1 more cause"]);
  });

  it("names the unsuccessful jobs of a digest first, and the succeeded jobs in one line", () => {
    const lost = { ...SAMPLES.lost, reason: null };
    const { causes, headline, mentions, notes } = digestOf([...NODES, lost]);
    expect(headline).toBe("❌ 13 jobs: 1 failed, 1 lost, 11 succeeded");
    expect(causes.map(({ title, path }) => [title, path])).toEqual([
      ["❌ Failed: CreateNode pool-a-6", "CreateNode › CreateNodeVM"],
      ["❓ Lost: Job in prod", null],
    ]);
    expect(notes).toEqual(["Succeeded: pool-a-0, pool-a-1, pool-a-2 and 8 more"]);
    expect(mentions).toBe(true);
  });

  it("names the succeeded jobs of a digest without failures, and counts jobs of one resource as jobs", () => {
    const [node] = NODES;
    if (node === undefined) throw new Error("the sample has nodes");
    const { headline, notes } = digestOf([node, node, { ...node, resourceName: "b" }]);
    expect(headline).toBe("✅ 3 jobs: 3 succeeded");
    expect(notes).toEqual(["Succeeded: pool-a-0 ×2, b"]);
    expect(digestOf([node]).headline).toBe("✅ 1 node: 1 succeeded");
    expect(digestOf([node]).notes).toEqual(["Succeeded: pool-a-0"]);
  });

  it("says in a digest that a lost job has an unknown end, if the cloud gave no reason", () => {
    const lost = { ...SAMPLES.lost, reason: null };
    expect(digestOf([lost]).causes.map(({ reason }) => reason)).toEqual([EN["lost.unseen"]]);
    const observed = { ...lost, phase: "Running" };
    expect(digestOf([observed]).causes.map(({ reason }) => reason)).toEqual([EN["lost.observed"]]);
  });

  it("counts the further causes of every job in a group of a digest", () => {
    const one = { ...failed, causes: [cause({ reason: "sold out" })] };
    const two = { ...failed, causes: [...one.causes, cause({ reason: "no address", type: "CreateEIP" })] };
    expect(digestOf([one, two]).notes).toEqual(["and 1 more cause"]);
    expect(digestOf([two, one]).notes).toEqual(["and 1 more cause"]);
  });

  it("shows a path only once if several causes have the same path", () => {
    const causes = [
      cause({ reason: "a" }),
      cause({ reason: "b" }),
      cause({ reason: "c", path: ["A", "B", "C"] }),
    ];
    const path = CAUSE.path.join(" › ");
    expect(messageOf({ causes }).causes.map((shown) => shown.path)).toEqual([path, null, "A › B › C"]);
  });

  it.each([
    [1, "en", "1 more subjob is running."],
    [2, "en", "2 more subjobs are running."],
    [1, "de", "1 weiterer Teilauftrag läuft."],
  ])(
    "counts the %d further running subjobs of a slow job in the language %s",
    (runningOmitted, language, text) => {
      const content = { kind: "slow", summary: { ...SLOW, runningOmitted } } as const;
      const { payload } = format(target("dingtalk", false, language), content);
      expect(JSON.stringify(payload)).toContain(`\\n${text}\\n`);
    },
  );

  it("says in a digest why a job timed out and why a resource is not ready", () => {
    const { causes, headline } = digestOf([SAMPLES.timed_out, SAMPLES.not_ready]);
    expect(headline).toBe("🚧 2 jobs: 1 not ready, 1 timed out");
    expect(causes.map(({ reason }) => reason)).toEqual([
      SAMPLES.not_ready.reason,
      "The deadline of 120 min has passed. Still running: InstallMaster (m-0).",
    ]);
  });

  it("groups the jobs of a digest that failed for the same reason", () => {
    const jobs = Array.from({ length: 30 }, (_, index) => ({
      ...failed,
      jobType: "CreateNode",
      resourceName: `n-${index}`,
      causes: [cause({ reason: `no capacity for n-${index}`, resources: [`n-${index}`] })],
    }));
    const { causes, headline, notes } = digestOf(jobs);
    expect(headline).toBe("❌ 30 nodes: 30 failed");
    expect(causes).toMatchObject([
      { title: "❌ Failed: n-0, n-1, n-2 and 27 more", reason: "no capacity for n-0" },
    ]);
    expect(notes).toEqual([]);
  });

  it("links a digest about one project to the page with all jobs, if readers may open the page", () => {
    const labels = (summaries: readonly OutcomeSummary[]) =>
      digestOf(summaries).links.map(({ label }) => label);
    expect(labels(NODES)).toContain("All jobs");
    expect(labels(NODES.map((node) => ({ ...node, listUrl: null })))).not.toContain("All jobs");
    expect(labels([...NODES, { ...failed, project: "other" }])).not.toContain("All jobs");
  });

  it("links a digest to the pipeline run only if all jobs come from the same run", () => {
    const linksOf = (...runUrls: readonly (string | undefined)[]) =>
      digestOf(runUrls.map((runUrl) => ({ ...failed, context: { runUrl } })))
        .links.filter(({ label }) => label === "Pipeline run")
        .map(({ url }) => url);
    expect(linksOf("https://ci.example.com/1", "https://ci.example.com/1")).toEqual([
      "https://ci.example.com/1",
    ]);
    expect(linksOf("https://ci.example.com/1", "https://ci.example.com/2")).toEqual([]);
    expect(linksOf("https://ci.example.com/1", undefined)).toEqual([]);
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
    expect(splitHintIntoAdviceAndUrl("Do this. https://v.example.com/p")).toEqual({
      advice: "Do this.",
      url: "https://v.example.com/p",
    });
    expect(splitHintIntoAdviceAndUrl("Do this. javascript:x")).toEqual({
      advice: "Do this. javascript:x",
      url: null,
    });
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
    expect(createClusterConsoleUrl(region, clusterId)).toBe(url);
  });

  it("has no console link for a deleted cluster", () => {
    const labels = (part: Partial<OutcomeSummary>) => messageOf(part).links.map(({ label }) => label);
    expect(labels({ jobType: "DeleteCluster", outcome: "failed" })).toContain("Console");
    expect(labels({ jobType: "DeleteCluster", outcome: "succeeded" })).not.toContain("Console");
  });
});
