import {
  type ListedWatch,
  type ListFilter,
  listState,
  selectWatches,
} from "../../../lib/pages/list-filter-state.ts";
import { listLink } from "../../../lib/pages/list-link.ts";
import { renderListPage } from "../../../lib/pages/list-page.ts";
import { NOW } from "./job-parts.ts";
import { listed, morning } from "./list-samples.ts";

const SELF = "/jobs?key=k0&state=failed&text=pool&before=c1";
const all: ListFilter = { state: null, text: "" };
const types = (filter: ListFilter) => selectWatches(morning(), filter).map((watch) => watch.jobType);

describe("selectWatches", () => {
  it("puts running ones first and keeps the order otherwise", () => {
    expect(types(all).slice(0, 5)).toEqual([
      "CreateNode",
      "CreateCluster",
      "ScaleupCluster",
      null,
      "DeleteNode",
    ]);
  });

  it("filters by state and by every word, whatever the case", () => {
    expect(types({ state: "failed", text: "" })).toEqual(["CreateNodePool"]);
    expect(types({ state: null, text: " SEARCH  create" })).toEqual(["CreateCluster"]);
    expect(types({ state: null, text: "timed" })).toEqual(["UpgradeCluster"]);
    expect(types({ state: "lost", text: "pool" })).toEqual([]);
  });
});

it("a state from a URL is one of ours or none", () => {
  expect(listState("timed_out")).toBe("timed_out");
  expect(listState("__proto__")).toBeNull();
  expect(listState(null)).toBeNull();
});

it("links of the list carry the key and only the filters they mean", () => {
  expect(listLink(SELF, { state: "lost", text: "a b" })).toBe("?key=k0&state=lost&text=a+b");
  expect(listLink(SELF, { before: "c2" })).toBe("?key=k0&before=c2");
  expect(listLink("/jobs", {})).toBe("?");
});

describe("renderListPage", () => {
  const render = (filter: ListFilter, before: string | null = null, watches = morning()) =>
    renderListPage({ project: "prod", watches, filter, now: NOW, link: { self: SELF, before } }).html;

  it("tells how many are watched, in the title", () => {
    expect(render(all)).toContain("<title>Watching 4 · Jobs of prod</title>");
    expect(render(all, null, [listed()])).toContain("<title>Jobs of prod</title>");
  });

  /** A row's words, without its markup. */
  const row = (watch: ListedWatch) =>
    render(all, null, [watch])
      .match(/<li [\s\S]*?<\/li>/)?.[0]
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim();

  it("says how long a job was watched, which is not how long it took", () => {
    const handedOverLate = listed({ acceptedAt: NOW - 6000, concludedAt: NOW, state: "failed" });
    expect(row(handedOverLate)).toMatch(/^Failed CreateCluster .* Watched 6 s$/);
    expect(row({ ...handedOverLate, state: "watching", concludedAt: null, phase: "Running" })).toMatch(
      / Watched \d+ s$/,
    );
  });

  it("says of a job under way what its state does not: the next poll, and a phase of another name", () => {
    const running = listed({ state: "watching", concludedAt: null, nextPollAt: NOW + 30_000 });
    expect(row({ ...running, phase: "Running" })?.match(/Running|Next poll at 09:39:52 UTC/g)).toEqual([
      "Running",
      "Next poll at 09:39:52 UTC",
    ]);
    expect(row({ ...running, phase: "Initializing" })).toContain("Phase Initializing . Next poll");
    expect(row({ ...running, phase: null, jobType: null })).toMatch(/^Waiting for the cloud Job /);
    expect(row({ ...running, accessError: { kind: "forbidden", since: NOW - 60_000 } })).toContain(
      "No news since 2026-03-12 09:38:22 UTC : forbidden",
    );
    const lastPollError = { since: NOW - 60_000, text: "CCE did not answer in time" };
    expect(row({ ...running, lastPollError })).toContain(
      "No news since 2026-03-12 09:38:22 UTC : CCE did not answer in time",
    );
  });

  it("has no place for news of a job that is over", () => {
    for (const watch of morning()) {
      const page = render(all, null, [watch]);
      expect(page.includes('class="news')).toBe(watch.state === "watching");
      expect(page).not.toMatch(/<span[^>]*><\/span>(?<!ago"[^>]*><\/span>)/);
    }
  });

  it("looks as busy as its jobs are", () => {
    const waiting = listed({ state: "watching", concludedAt: null, jobType: null });
    expect(render(all, null, [waiting])).toContain('<body class="c-waiting">');
    expect(render(all, null, [waiting, listed({ state: "watching" })])).toContain('<body class="c-running">');
    expect(render(all, null, [listed()])).toContain('<body class="c-succeeded">');
  });

  it("marks the filter that is on and keeps it while searching", () => {
    const page = render({ state: "failed", text: "pool" });
    expect(page).toContain('href="?key=k0&amp;state=failed&amp;text=pool" aria-current="page">Failed');
    expect(page).toContain('<input type="hidden" name="key" value="k0">');
    expect(page).toContain('<input type="hidden" name="state" value="failed">');
    expect(page).toContain('name="text" value="pool"');
  });

  it("links to older jobs only where there are some", () => {
    expect(render(all, "c2")).toContain('href="?key=k0&amp;before=c2"');
    expect(render(all)).not.toContain("Older jobs");
  });

  it("tells an empty project from a filter that matches nothing", () => {
    expect(render(all, null, [])).toContain("No job of this project is remembered");
    expect(render({ state: null, text: "zzz" })).toContain("None of these 11 jobs matches");
  });

  it("escapes what others wrote", () => {
    const page = render({ state: null, text: "" }, null, [
      listed({ jobType: "<script>x</script>", url: '"><u>' }),
    ]);
    expect(page).toContain("&lt;script&gt;x&lt;/script&gt;");
    expect(page).not.toContain('"><u>');
  });
});
