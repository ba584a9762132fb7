import {
  type ListedWatch,
  type ListFilter,
  parseStateFilter,
  replaceListFilter,
  selectWatches,
} from "../../../lib/pages/list-filter.ts";
import { renderListPage } from "../../../lib/pages/list-page.ts";
import { listed, listedWatches } from "./listed-watches.ts";
import { NOW } from "./sample-parts.ts";

const SELF = "/jobs?key=k0&state=failed&text=pool&before=c1";
const all: ListFilter = { state: null, text: "" };
const types = (filter: ListFilter) => selectWatches(listedWatches(), filter).map((watch) => watch.jobType);

describe("selectWatches", () => {
  it("puts running watches first and does not change the order otherwise", () => {
    expect(types(all).slice(0, 5)).toEqual([
      "CreateNode",
      "CreateCluster",
      "ScaleupCluster",
      null,
      "DeleteNode",
    ]);
  });

  it("filters by state and by every word, and ignores upper and lower case", () => {
    expect(types({ state: "failed", text: "" })).toEqual(["CreateNodePool"]);
    expect(types({ state: null, text: " SEARCH  create" })).toEqual(["CreateCluster"]);
    expect(types({ state: null, text: "timed" })).toEqual(["UpgradeCluster"]);
    expect(types({ state: "lost", text: "pool" })).toEqual([]);
  });
});

it("parseStateFilter returns null for an unknown state", () => {
  expect(parseStateFilter("timed_out")).toBe("timed_out");
  expect(parseStateFilter("__proto__")).toBeNull();
  expect(parseStateFilter(null)).toBeNull();
});

it("replaceListFilter keeps the key and sets only the given filters", () => {
  expect(replaceListFilter(SELF, { state: "lost", text: "a b" })).toBe("?key=k0&state=lost&text=a+b");
  expect(replaceListFilter(SELF, { before: "c2" })).toBe("?key=k0&before=c2");
  expect(replaceListFilter("/jobs", {})).toBe("?");
});

describe("renderListPage", () => {
  const render = (filter: ListFilter, before: string | null = null, watches = listedWatches()) =>
    renderListPage({ project: "prod", watches, filter, now: NOW, link: { self: SELF, before } }).html;

  it("shows in the title how many jobs are watched", () => {
    expect(render(all)).toContain("<title>Watching 4 · Jobs of prod</title>");
    expect(render(all, null, [listed()])).toContain("<title>Jobs of prod</title>");
  });

  /** Returns the text of a row without HTML markup. */
  const row = (watch: ListedWatch) =>
    render(all, null, [watch])
      .match(/<li [\s\S]*?<\/li>/)?.[0]
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim();

  it("shows how long a job was watched", () => {
    const watchedLate = listed({ acceptedAt: NOW - 6000, concludedAt: NOW, state: "failed" });
    expect(row(watchedLate)).toMatch(/^Failed CreateCluster .* Watched 6 s$/);
    expect(row({ ...watchedLate, state: "watching", concludedAt: null, phase: "Running" })).toMatch(
      / Watched \d+ s$/,
    );
  });

  it("shows the next poll of a running job, and a phase that differs from the state", () => {
    const running = listed({ state: "watching", concludedAt: null, nextPollAt: NOW + 30_000 });
    expect(row({ ...running, phase: "Running" })?.match(/Running|Next poll at 09:39:52 UTC/g)).toEqual([
      "Running",
      "Next poll at 09:39:52 UTC",
    ]);
    expect(row({ ...running, phase: "Initializing" })).toContain("Phase Initializing . Next poll");
    expect(row({ ...running, phase: null, jobType: null })).toMatch(/^Waiting for the cloud Job /);
    expect(row({ ...running, accessError: { kind: "forbidden", since: NOW - 60_000 } })).toContain(
      "Polls have failed since 2026-03-12 09:38:22 UTC : CCE does not let the project&#39;s credentials read this job",
    );
    const lastPollError = { since: NOW - 60_000, text: "CCE did not answer in time" };
    expect(row({ ...running, lastPollError })).toContain(
      "Polls have failed since 2026-03-12 09:38:22 UTC : CCE did not answer in time",
    );
  });

  it("shows no poll line for a job that has ended", () => {
    for (const watch of listedWatches()) {
      const page = render(all, null, [watch]);
      expect(page.includes('class="poll')).toBe(watch.state === "watching");
      expect(page).not.toMatch(/<span[^>]*><\/span>(?<!ago"[^>]*><\/span>)/);
    }
  });

  it("has the icon of its most active job", () => {
    const waiting = listed({ state: "watching", concludedAt: null, jobType: null });
    expect(render(all, null, [waiting])).toContain('<body class="c-waiting">');
    expect(render(all, null, [waiting, listed({ state: "watching" })])).toContain('<body class="c-running">');
    expect(render(all, null, [listed()])).toContain('<body class="c-succeeded">');
  });

  it("marks the current filter and keeps the filter in a search", () => {
    const page = render({ state: "failed", text: "pool" });
    expect(page).toContain('href="?key=k0&amp;state=failed&amp;text=pool" aria-current="page">Failed');
    expect(page).toContain('<input type="hidden" name="key" value="k0">');
    expect(page).toContain('<input type="hidden" name="state" value="failed">');
    expect(page).toContain('name="text" value="pool"');
  });

  it("links to older jobs only if older jobs exist", () => {
    expect(render(all, "c2")).toContain('href="?key=k0&amp;before=c2"');
    expect(render(all)).not.toContain("Older jobs");
  });

  it("distinguishes an empty project from a filter without matches", () => {
    expect(render(all, null, [])).toContain("No job of this project is stored");
    expect(render({ state: null, text: "zzz" })).toContain("None of these 11 jobs matches");
  });

  it("escapes untrusted text", () => {
    const page = render({ state: null, text: "" }, null, [
      listed({ jobType: "<script>x</script>", url: '"><u>' }),
    ]);
    expect(page).toContain("&lt;script&gt;x&lt;/script&gt;");
    expect(page).not.toContain('"><u>');
  });
});
