import { createHash } from "node:crypto";
import { StatusDocument } from "../../../lib/api/status-document.ts";
import { renderJobPage } from "../../../lib/pages/job-page.ts";
import { renderNotFoundPage } from "../../../lib/pages/page-shell.ts";
import { bigJob, failedNodesJob, succeededJob } from "./ended-jobs.ts";
import { failedJob } from "./failed-job.ts";
import { HOSTILE_TEXTS, hostileJob } from "./hostile-job.ts";
import { loneJob, oneStepJob, runningJob, unseenJob } from "./running-jobs.ts";
import { NOW, REASON } from "./sample-parts.ts";

const render = (document: StatusDocument, now = NOW) => renderJobPage(document, now, null);
const page = (document: StatusDocument, now = NOW) => render(document, now).html;

describe("renderJobPage", () => {
  it.each([runningJob, unseenJob, loneJob, oneStepJob, failedJob, succeededJob, bigJob])(
    "the sample %p is a valid status document",
    (sample) => {
      expect(StatusDocument.parse(sample())).toEqual(sample());
    },
  );

  it("is smaller than 80 kB for sixty subjobs", () => {
    expect(Buffer.byteLength(page(bigJob()))).toBeLessThan(80_000);
  });

  it("shows the state in the title, the icon and the text", () => {
    const states = ["watching", "stopped", "succeeded", "failed", "timed_out", "lost"] as const;
    const titles = states.map((state) => {
      const shown = page({ ...runningJob(), state, done: state !== "watching" });
      return [shown.match(/<title>(.*?) ·/)?.[1], shown.match(/role="status">(.*?)</)?.[1]];
    });
    expect(titles).toEqual([
      ["● Running", "Running"],
      ["■ Stopped", "Stopped"],
      ["✓ Succeeded", "Succeeded"],
      ["✕ Failed", "Failed"],
      ["◷ Timed out", "Timed out"],
      ["? Lost", "Lost"],
    ]);
  });

  it("shows only the known facts of a job that no poll has seen", () => {
    const shown = page(unseenJob());
    expect(shown).toContain("<title>○ Waiting for the cloud · Job · prod</title>");
    expect(shown).toContain('role="status">Waiting for the cloud<');
    expect(shown).toContain("No poll has seen the job yet. Next poll ");
    expect(shown).toContain('class="headline c-waiting"');
    expect(page(unseenJob({ polls: 0 }))).toContain("Accepted. The first poll is about to start.");
    expect(page(runningJob())).not.toContain("No poll has seen");
  });

  it("shows the next poll of a running job only in the closed details", () => {
    const [header = "", details] = page(runningJob()).split('<section id="details"><details>');
    expect(header).not.toMatch(/\bpolls?\b/i);
    expect(details).toMatch(/<dt>Next poll<\/dt><dd><span data-until="/);
  });

  const UNKNOWN_END = "How the job ended is unknown, because no poll ever saw the job.";
  it.each([
    ["timed_out", runningJob(), "The watch ended before any poll saw the job end."],
    ["timed_out", unseenJob(), UNKNOWN_END],
    ["lost", runningJob(), "How the job ended is unknown, because later polls could no longer see the job."],
    ["lost", unseenJob(), UNKNOWN_END],
  ] as const)("explains %s by whether a poll ever saw the job", (state, document, meaning) => {
    const shown = page({ ...document, state, done: true });
    expect(shown).toContain(`<p>${meaning}`);
    expect(shown.match(/How the job ended is unknown|The watch ended/g)).toHaveLength(1);
  });

  it("shows the error of the last poll with a readable time", () => {
    const since = "2026-03-12T09:31:00.250Z";
    const lastPollError = `CCE rejects the <project>'s credentials, since ${since}`;
    const shown = page({ ...runningJob(), lastPollError });
    expect(shown).toContain(
      `<b>Last poll failed:</b> <bdi>CCE rejects the &lt;project&gt;&#39;s credentials, since <time datetime="${since}">2026-03-12 09:31:00 UTC</time>`,
    );
    expect(page({ ...runningJob(), lastPollError: "since 2026-99-99T99:99:99.999Z" })).toContain(
      "since 2026-99-99T99:99:99.999Z",
    );
  });

  it("shows no section for subjobs if the job has no subjobs", () => {
    expect(page(loneJob())).not.toContain("Subjobs");
    expect(page(runningJob())).toContain("<h2>Subjobs</h2>");
  });

  it("shows failures above the tree, with reason, path and a hint with a link", () => {
    const shown = page(failedJob());
    expect(shown.indexOf('id="failures"')).toBeLessThan(shown.indexOf('id="steps"'));
    expect(shown).toContain(`<pre class="reason" dir="auto">${REASON}</pre>`);
    expect(shown).toContain('<a href="https://support.example.com/ecs/0319" rel="noreferrer noopener">');
  });

  it("shows the reason of the job only one time", () => {
    expect(page({ ...failedJob(), reason: REASON }).split("Ecs.0319").length).toBe(2);
    const withoutCauses = { ...failedJob(), causes: [], reason: "quota" };
    expect(page(withoutCauses)).toContain('<pre class="reason" dir="auto">quota</pre>');
    expect(page({ ...failedJob(), reason: "quota" })).not.toContain("quota");
  });

  it.each(["timed_out", "lost", "not_ready"] as const)(
    "shows why the watch ended before the causes of %s",
    (state) => {
      const shown = page({ ...failedJob(), state, reason: "The deadline of 9 min has passed." });
      const headings = ["<h2>Why</h2>", "The deadline of 9 min has passed.", "<h2>What failed</h2>", REASON];
      const positions = headings.map((text) => shown.indexOf(text));
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      expect(positions[0]).toBeGreaterThan(0);
    },
  );

  it("shows one entry for each cause, with the number of subjobs and the first names", () => {
    const [cause] = failedJob().causes;
    if (cause === undefined) throw new Error("the sample has a cause");
    const resources = Array.from({ length: 10 }, (_, index) => `a-${index}`);
    const shown = page({
      ...failedJob(),
      causes: [{ ...cause, count: 30, total: 31, resources }],
      causesOmitted: 1,
    });
    expect(shown).toContain(
      '<b><bdi>30 of 31 nodes failed</bdi></b> <span class="res"><bdi>a-0, a-1, a-2 and 27 more</bdi>',
    );
    expect(shown).toContain('<p class="quiet">and 1 more cause</p>');
    const path = "CreateCluster › CreateNodePool › CreateNode › CreateNodeVM";
    expect(shown).toContain(path);
    expect(page({ ...failedJob(), causes: Array.from({ length: 4 }, () => cause) })).not.toContain(path);
    expect(shown.split("sold out in this zone").length).toBe(2);
  });

  it("renders the same bytes between two steps of the rounded time", () => {
    expect(page(runningJob(), NOW + 1000)).toBe(page(runningJob(), NOW));
    expect(page(runningJob(), NOW + 15_000)).not.toBe(page(runningJob(), NOW));
    expect(page(failedJob(), NOW + 86_400_000)).toBe(page(failedJob(), NOW));
  });

  it("is a live page until the job has ended and no notification is pending", () => {
    const live = (document: StatusDocument) => page(document).match(/data-live="(\w+)"/)?.[1];
    expect(live(runningJob())).toBe("live");
    expect(live(failedJob())).toBe("live");
    expect(live(succeededJob())).toBe("ended");
    expect(live({ ...failedJob(), state: "stopped" })).toBe("ended");
    expect(page(runningJob())).toContain('<noscript><meta http-equiv="refresh"');
    expect(page(succeededJob())).not.toContain("http-equiv");
  });

  it("shows untrusted text as text in every place", () => {
    const shown = page(hostileJob());
    expect(shown.match(/<script/g)).toHaveLength(1);
    expect(shown).not.toMatch(/<img|<svg onload|href="javascript:/);
    expect(shown).not.toContain(String(HOSTILE_TEXTS[0]));
    expect(shown).not.toMatch(/[\0\x07\x1b]/);
  });

  it("allows only its own script and style in the Content-Security-Policy", () => {
    const { html, headers } = render(failedJob());
    for (const tag of ["script", "style"]) {
      const code = html.match(new RegExp(`<${tag}>([^]*?)</${tag}>`))?.[1] ?? "";
      const hash = createHash("sha256").update(code).digest("base64");
      expect(headers["content-security-policy"]).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(html).not.toMatch(/ style=| on\w+="/);
  });

  it("links to the cluster in the cloud's console, if the region has one", () => {
    const clusterUrl =
      'href="https://console.otc.t-systems.com/cce2.0/?region=eu-de#/cce/cluster/c-7/detail"';
    expect(page({ ...failedJob(), region: "eu-de", clusterId: "c-7" })).toContain(clusterUrl);
    for (const region of ["moon-1", "javascript:x", null])
      expect(page({ ...failedJob(), region, clusterId: "c-7" })).not.toContain("in the cloud’s console");
  });

  it("links to the list of its project only if the reader may open it", () => {
    const listUrl = "https://n.example.com/jobs?project=prod&key=k";
    const link = 'href="https://n.example.com/jobs?project=prod&amp;key=k"';
    expect(renderJobPage(failedJob(), NOW, listUrl).html).toContain(link);
    expect(renderJobPage(failedJob(), NOW, null).html).not.toContain("/jobs?project");
  });

  it.each([
    ["infra/cluster", "https://evil.example/run", "infra/cluster (evil.example)"],
    [
      "https://ci.example.com/1",
      "https://evil.example/?https://ci.example.com/",
      "https://ci.example.com/1 (evil.example)",
    ],
    ["https://ci.example.com/1", "https://ci.example.com/2", "https://ci.example.com/1"],
    [
      "https://ci.example.com@evil.example/1",
      "https://evil.example/",
      "https://ci.example.com@evil.example/1 (evil.example)",
    ],
    ["https://сі.example/1", "https://xn--q1a6b.example/", "https://сі.example/1 (xn--q1a6b.example)"],
    ["https://evil.example.com", "https://evil.example/", "https://evil.example.com (evil.example)"],
  ])("shows the host of the link to a run: %s at %s", (pipeline, runUrl, text) => {
    expect(page({ ...runningJob(), context: { pipeline, runUrl } })).toContain(`<bdi>${text}</bdi></a>`);
  });

  it("shows the results of attempts as text for people", () => {
    const shown = page(failedJob());
    expect(shown).toContain("<bdi>Server error</bdi> (HTTP 503), 2 attempts");
    expect(shown).toContain("<b>Not delivered</b>: <bdi>Connection failed</bdi>, after 1 s <code");
    const beforeAttempts = shown.slice(shown.indexOf('id="deliveries"')).split("<details>")[0] ?? "";
    expect(beforeAttempts).not.toContain("ok");
  });

  it("shows the notification of a slow job while the job runs, and when the job has ended", () => {
    const { deliveries, ...running } = runningJob();
    const [first] = deliveries;
    if (first === undefined) throw new Error("the job has no delivery");
    const slow = { ...first, event: "job.slow", state: "delivered", reason: "ok" } as const;
    const shown = page({ ...running, deliveries: [first, slow] });
    expect(shown).toMatch(/<bdi>deploys<\/bdi><\/b><span[^>]*>When the job/);
    expect(shown).toMatch(/<bdi>deploys<\/bdi><\/b> that the job is slow<span[^>]*>Delivered/);
    const pending = { ...slow, state: "pending" } as const;
    expect(page({ ...running, deliveries: [pending] })).toMatch(/is slow<span[^>]*>On its way/);
  });

  it("shows the words of the API and of CCE for the state only in the closed details", () => {
    const shown = page({ ...runningJob(), phase: "Initializing" });
    const [before = "", details = ""] = shown.split('id="details"');
    expect(before).not.toMatch(/Initializing|>watching/);
    expect(details).toMatch(/^><details><summary>/);
    expect(details).toContain("<code>watching</code>");
    expect(details).toContain("<code><bdi>Initializing</bdi></code>");
  });

  it("shows IDs, polls and the delay of the detection only in the closed details", () => {
    const [before = "", details = ""] = page(failedJob()).split('id="details"');
    for (const text of ["Copy the job ID", "<dt>Polls</dt>", "4.1 s after the job’s end"]) {
      expect(before).not.toContain(text);
      expect(details).toContain(text);
    }
  });

  it("says in its last lines what the page is, and links to the API reference", () => {
    const foot = page(loneJob()).match(/<footer[\s\S]*<\/footer>/)?.[0];
    expect(foot).toContain("CCE job notifier watches jobs of Huawei Cloud CCE");
    expect(foot).toContain('href="../../docs"');
  });

  it("shows the first three causes, and the others after a click", () => {
    const [shown = "", folded = ""] = page(failedNodesJob(9, 5)).split("<summary>2 more causes</summary>");
    expect(shown).toContain("Zone 2:");
    expect(shown.slice(shown.indexOf('id="failures"'))).not.toContain("Zone 3:");
    expect(folded).toContain("Zone 4:");
  });

  it("shows for a stopped watch that nobody was notified", () => {
    const shown = page({ ...runningJob(), state: "stopped", done: true });
    expect(shown).toContain("Not notified");
    expect(shown).not.toContain("On its way");
  });

  it("also shows the times of the bars in a table", () => {
    expect(page(failedJob())).toMatch(
      /<th scope="row" class="d2"><bdi>CreateMasterVM master-0<\/bdi><\/th><td>Succeeded/,
    );
  });

  it("opens the path to a failure and folds the rest of a long tree", () => {
    const shown = page(bigJob());
    expect(shown).toContain("13 succeeded");
    expect(shown).toMatch(/data-key="job-CreateNode-320[-x]*"><details open>/);
  });
});

it("the page for unknown links has no script and always has the same bytes", () => {
  const { html, headers } = renderNotFoundPage();
  expect(html).toBe(renderNotFoundPage().html);
  expect(html).not.toContain("<script");
  expect(headers["content-security-policy"]).toContain("script-src 'none'");
});

describe("the header of the job page", () => {
  const headerOf = (part: Partial<StatusDocument>) =>
    renderJobPage({ ...runningJob(), ...part }, NOW, null)
      .html.match(/<header id="headline"[\s\S]*?<\/header>/)?.[0]
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ");

  it("shows the pipeline, the actor and the commit", () => {
    const context = { pipeline: "deploy", actor: "anna", commit: "4f2a91c", labels: { team: "shop" } };
    expect(headerOf({ context })).toContain("Started deploy by anna at 4f2a91c team : shop");
    expect(page({ ...runningJob(), context }).split("4f2a91c")).toHaveLength(2);
    expect(headerOf({ context: {} })).not.toContain("Started");
  });

  it.each([
    ["deploy", "deploy (ci.example.com)"],
    [undefined, "Open the run (ci.example.com)"],
    ["https://ci.example.com", "https://ci.example.com "],
    ["https://ci.example.com/shop", "https://ci.example.com/shop "],
    ["https://ci.example.com.evil.example/shop", "https://ci.example.com.evil.example/shop (ci.example.com)"],
    ["http://ci.example.com/shop", "http://ci.example.com/shop (ci.example.com)"],
  ])("shows the host of the run's URL unless the pipeline %j names it", (pipeline, text) => {
    const context = { pipeline, runUrl: "https://ci.example.com/runs/1" };
    expect(headerOf({ context })).toContain(`Started ${text}`);
  });

  it.each([
    [420, 540, 42, "Usually 7–9 min (from 42 jobs)."],
    [421, 425, 1, "Usually about 7 min (from 1 job)."],
    [40, 95, 3, "Usually 40–95 s (from 3 jobs)."],
    [7200, 10_800, 3, "Usually 2–3 h (from 3 jobs)."],
    [90, 5400, 3, "Usually 90 s to 90 min (from 3 jobs)."],
    [600, 10_800, 3, "Usually 10 min to 3 h (from 3 jobs)."],
  ])("shows durations of %s and %s seconds of %s jobs", (p50Seconds, p90Seconds, fromJobs, text) => {
    expect(headerOf({ expected: { p50Seconds, p90Seconds, fromJobs, remainingSeconds: null } })).toContain(
      text,
    );
    expect(headerOf({ expected: undefined })).not.toContain("Usually");
  });
});
