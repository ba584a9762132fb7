import { createHash } from "node:crypto";
import { StatusDocument } from "../../../lib/api/status-document.ts";
import { renderJobPage } from "../../../lib/pages/job-page.ts";
import { renderNotFoundPage } from "../../../lib/pages/not-found-page.ts";
import { bigJob, succeededJob } from "./ended-samples.ts";
import { failedJob } from "./failed-sample.ts";
import { HOSTILE_TEXTS, hostileJob } from "./hostile-sample.ts";
import { NOW, REASON } from "./job-parts.ts";
import { loneJob, runningJob, unseenJob } from "./running-sample.ts";

const render = (document: StatusDocument, now = NOW, consoleUrl: string | null = null) =>
  renderJobPage({ document, now, link: {}, consoleUrl });
const page = (document: StatusDocument, now = NOW) => render(document, now).html;

describe("renderJobPage", () => {
  it.each([runningJob, unseenJob, loneJob, failedJob, succeededJob, bigJob])(
    "%p is a sample of the real document",
    (sample) => {
      expect(StatusDocument.parse(sample())).toEqual(sample());
    },
  );

  it("stays under 60 kB for fifty subjobs", () => {
    expect(Buffer.byteLength(page(bigJob()))).toBeLessThan(60_000);
  });

  it("says the state in title, icon and words", () => {
    const states = ["watching", "stopped", "succeeded", "failed", "timed_out", "lost"] as const;
    const seen = states.map((state) => {
      const shown = page({ ...runningJob(), state, done: state !== "watching" });
      return [shown.match(/<title>(.*?) ·/)?.[1], shown.match(/role="status">(.*?)</)?.[1]];
    });
    expect(seen).toEqual([
      ["● Running", "Running"],
      ["■ Not watched", "Not watched"],
      ["✓ Succeeded", "Succeeded"],
      ["✕ Failed", "Failed"],
      ["◷ Timed out", "Timed out"],
      ["? Lost", "Lost"],
    ]);
  });

  it("says of a job that no poll has seen only what is known", () => {
    const shown = page(unseenJob());
    expect(shown).toContain("<title>○ Waiting for the cloud · Job · prod</title>");
    expect(shown).toContain('role="status">Waiting for the cloud<');
    expect(shown).toContain("No poll has seen the job yet. Next poll ");
    expect(shown).toContain('class="headline c-waiting"');
    expect(page(unseenJob({ polls: 0 }))).toContain("about to be looked at for the first time");
    expect(page(runningJob())).not.toContain("No poll has seen");
  });

  const NEVER_SEEN = "It is not known how the job ended: no poll ever saw it.";
  it.each([
    ["timed_out", runningJob(), "The watch ended before any poll saw the job end."],
    ["timed_out", unseenJob(), NEVER_SEEN],
    ["lost", runningJob(), "It is not known how the job ended: later polls could no longer see it."],
    ["lost", unseenJob(), NEVER_SEEN],
  ] as const)("says what %s means by whether a poll ever saw the job", (state, document, meaning) => {
    const shown = page({ ...document, state, done: true });
    expect(shown).toContain(`<p>${meaning}`);
    expect(shown.match(/It is not known|The watch ended/g)).toHaveLength(1);
  });

  it("says since when polls bring no news as it says every other time", () => {
    const since = "2026-03-12T09:31:00.250Z";
    const trouble = `CCE does not accept the <project>'s credentials, since ${since}`;
    const shown = page({ ...runningJob(), lastPollError: trouble });
    expect(shown).toContain(
      `CCE does not accept the &lt;project&gt;&#39;s credentials, since <time datetime="${since}">2026-03-12 09:31:00 UTC</time>`,
    );
    expect(page({ ...runningJob(), lastPollError: "since 2026-99-99T99:99:99.999Z" })).toContain(
      "since 2026-99-99T99:99:99.999Z",
    );
  });

  it("has no box for subjobs where there are none", () => {
    expect(page(loneJob())).not.toContain("Subjobs");
    expect(page(runningJob())).toContain("<h2>Subjobs</h2>");
  });

  it("puts failures before the tree, verbatim, with path and a hint that can be clicked", () => {
    const shown = page(failedJob());
    expect(shown.indexOf('id="failures"')).toBeLessThan(shown.indexOf('id="steps"'));
    expect(shown).toContain(`<pre class="reason" dir="auto">${REASON}</pre>`);
    expect(shown).toContain('<a href="https://support.example.com/ecs/0319" rel="noreferrer noopener">');
  });

  it("says the job's own reason once", () => {
    expect(page({ ...failedJob(), reason: REASON }).split("Ecs.0319").length).toBe(2);
    expect(page({ ...failedJob(), reason: "quota" })).toContain('<pre class="reason" dir="auto">quota</pre>');
  });

  it("keeps its bytes between two steps of the calm clock", () => {
    expect(page(runningJob(), NOW + 1000)).toBe(page(runningJob(), NOW));
    expect(page(runningJob(), NOW + 15_000)).not.toBe(page(runningJob(), NOW));
    expect(page(failedJob(), NOW + 86_400_000)).toBe(page(failedJob(), NOW));
  });

  it("asks for news until the job has ended and everybody has been told", () => {
    const live = (document: StatusDocument) => page(document).match(/data-live="(\w+)"/)?.[1];
    expect(live(runningJob())).toBe("live");
    expect(live(failedJob())).toBe("live");
    expect(live(succeededJob())).toBe("ended");
    expect(live({ ...failedJob(), state: "stopped" })).toBe("ended");
    expect(page(runningJob())).toContain('<noscript><meta http-equiv="refresh"');
    expect(page(succeededJob())).not.toContain("http-equiv");
  });

  it("shows text of others as text wherever it stands", () => {
    const shown = page(hostileJob());
    expect(shown.match(/<script/g)).toHaveLength(1);
    expect(shown).not.toMatch(/<img|<svg onload|href="javascript:/);
    expect(shown).not.toContain(String(HOSTILE_TEXTS[0]));
    expect(shown).not.toMatch(/[\0\x07\x1b]/);
  });

  it("allows by its policy exactly the script and style it holds", () => {
    const { html, headers } = render(failedJob());
    for (const tag of ["script", "style"]) {
      const code = html.match(new RegExp(`<${tag}>([^]*?)</${tag}>`))?.[1] ?? "";
      const hash = createHash("sha256").update(code).digest("base64");
      expect(headers["content-security-policy"]).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(html).not.toMatch(/ style=| on\w+="/);
  });

  it("links to the console only by http or https", () => {
    expect(render(failedJob(), NOW, "https://console.example.com/").html).toContain(
      "https://console.example.com/",
    );
    expect(render(failedJob(), NOW, "javascript:x").html).not.toContain("javascript:x");
  });

  it("tells of a stopped watch that nobody was told", () => {
    const shown = page({ ...runningJob(), state: "stopped", done: true });
    expect(shown).toContain("Not told");
    expect(shown).not.toContain("On its way");
  });

  it("says what the bars say in a table too", () => {
    expect(page(failedJob())).toMatch(
      /<th scope="row" class="d2"><bdi>CreateMasterVM master-0<\/bdi><\/th><td>Succeeded/,
    );
  });

  it("opens the path to the failure and folds the rest of a long tree", () => {
    const shown = page(bigJob());
    expect(shown).toContain("13 succeeded");
    expect(shown).toMatch(/data-key="job-CreateNode-320[-x]*"><details open>/);
  });
});

it("the page for dead links has no script, never changes and names nothing", () => {
  const { html, headers } = renderNotFoundPage();
  expect(html).toBe(renderNotFoundPage().html);
  expect(html).not.toContain("<script");
  expect(headers["content-security-policy"]).toContain("script-src 'none'");
});
