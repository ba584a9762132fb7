import { createHash } from "node:crypto";
import { renderJobPage } from "../../../../lib/report/page/job-page.ts";
import { renderNotFoundPage } from "../../../../lib/report/page/not-found-page.ts";
import { StatusDocument } from "../../../../lib/status.ts";
import { bigJob, succeededJob } from "./ended-samples.ts";
import { failedJob } from "./failed-sample.ts";
import { HOSTILE_TEXTS, hostileJob } from "./hostile-sample.ts";
import { NOW, REASON } from "./job-parts.ts";
import { runningJob } from "./running-sample.ts";

const render = (document: StatusDocument, now = NOW, consoleUrl: string | null = null) =>
  renderJobPage({ document, now, link: {}, consoleUrl });
const page = (document: StatusDocument, now = NOW) => render(document, now).html;

describe("renderJobPage", () => {
  it.each([runningJob, failedJob, succeededJob, bigJob])("%p is a sample of the real document", (sample) => {
    expect(StatusDocument.parse(sample())).toEqual(sample());
  });

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
