import {
  type ListedWatch,
  listUrlWithParameterOnFirstPage,
  renderListPage,
  withoutEmptyFields,
} from "../../../lib/pages/list-page.ts";
import { listed, listedWatches } from "./listed-watches.ts";
import { NOW } from "./sample-parts.ts";

const SELF = "/jobs?key=k0&state=failed&text=pool&before=c1";

it("listUrlWithParameterOnFirstPage keeps the key and the filter, and returns to the first page", () => {
  expect(listUrlWithParameterOnFirstPage(SELF, "state", "lost")).toBe("?key=k0&state=lost&text=pool");
  expect(listUrlWithParameterOnFirstPage(SELF, "state", null)).toBe("?key=k0&text=pool");
  expect(listUrlWithParameterOnFirstPage(SELF, "before", "c2")).toBe(
    "?key=k0&state=failed&text=pool&before=c2",
  );
  expect(listUrlWithParameterOnFirstPage("/jobs", "state", null)).toBe("?");
});

it("withoutEmptyFields removes the empty fields of a form", () => {
  const query = new URLSearchParams("key=k0&type=&actor=+&label=a:b&label=");
  expect(withoutEmptyFields(query).toString()).toBe("key=k0&label=a%3Ab");
});

describe("renderListPage", () => {
  const render = (watches = listedWatches(), before: string | null = null, self = SELF) =>
    renderListPage({
      project: "prod",
      watches,
      errors: [],
      hasLabels: true,
      now: NOW,
      link: { self, before },
    }).html;

  it("shows in the title how many jobs are watched", () => {
    expect(render()).toContain("<title>Running 4 · Jobs of prod</title>");
    expect(render([listed()])).toContain("<title>Jobs of prod</title>");
  });

  /** Returns the text of a row without HTML markup. */
  const row = (watch: ListedWatch) =>
    render([watch])
      .match(/<li [\s\S]*?<\/li>/)?.[0]
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim();

  it("puts running jobs first and does not change the order otherwise", () => {
    const names = [...render().matchAll(/class="name"><b><bdi>(.*?)<\/bdi>/g)].map(([, name]) => name);
    expect(names.slice(0, 5)).toEqual(["CreateNode", "CreateCluster", "ScaleupCluster", "Job", "DeleteNode"]);
  });

  it("shows the cause, the pipeline, the actor and the duration of a failed job", () => {
    const failed = listed({
      state: "failed",
      cause: "30 of 30 nodes failed: sold out",
      durationSeconds: 512,
      pipeline: "deploy",
      actor: "anna",
    });
    expect(row(failed)).toMatch(
      /^Failed CreateCluster checkout-prod 30 of 30 nodes failed: sold out deploy by anna 2026\S+ .* 8 min 32 s$/,
    );
  });

  it("shows how long a job was watched", () => {
    const watchedLate = listed({ acceptedAt: NOW - 6000, concludedAt: NOW, state: "failed" });
    expect(row(watchedLate)).toMatch(/^Failed CreateCluster .* Watched 6 s$/);
    expect(row({ ...watchedLate, state: "watching", concludedAt: null, phase: "Running" })).toMatch(
      / Watched \d+ s$/,
    );
  });

  it("shows the ID of a job only if the resource has no name", () => {
    const named = listed();
    expect(row(named)).not.toContain(named.jobId);
    expect(row({ ...named, resourceName: null })).toContain(named.jobId);
  });

  it("shows the time of a date field as a date, and gives the time to the script", () => {
    const page = render([], null, "/jobs?since=2026-03-11T15%3A00%3A00.000Z&to=2026-03-12");
    expect(page).toContain(
      'type="date" name="since" value="2026-03-11" data-time="2026-03-11T15:00:00.000Z" data-keep',
    );
    expect(page).toContain('type="date" name="to" value="2026-03-12" data-keep');
  });

  it("shows the state of a running job in words, and errors of its polls", () => {
    const running = listed({ state: "watching", concludedAt: null });
    expect(row({ ...running, phase: "Initializing" })).not.toContain("Initializing");
    expect(row({ ...running, phase: null, jobType: null })).toMatch(/^Waiting for the cloud Job /);
    expect(row({ ...running, accessError: { kind: "forbidden", since: NOW - 60_000 } })).toContain(
      "Polls have failed since 2026-03-12 09:38:22 UTC : CCE does not let the project&#39;s credentials read the job or its resource",
    );
    const lastPollError = { since: NOW - 60_000, text: "CCE did not answer in time" };
    expect(row({ ...running, lastPollError })).toContain(
      "Polls have failed since 2026-03-12 09:38:22 UTC : CCE did not answer in time",
    );
  });

  it("says that a succeeded job waits for its resource, until the watch has ended", () => {
    const ready = { succeededAt: NOW, readyPolls: 0, wasNotReady: true, reason: null, message: null };
    const waiting = listed({ state: "watching", concludedAt: null, jobType: null, ready });
    expect(row(waiting)).toMatch(/^Succeeded, waiting until ready Job /);
    expect(render([waiting])).toContain('<body class="c-running">');
    expect(row(listed({ state: "not_ready", ready }))).toMatch(/^Not ready /);
  });

  it("shows errors of polls only for a running job", () => {
    const accessError = { kind: "forbidden", since: NOW } as const;
    for (const watch of listedWatches()) {
      const page = render([{ ...watch, accessError }]);
      expect(page.includes('class="poll error')).toBe(watch.state === "watching");
      expect(page).not.toMatch(/<span[^>]*><\/span>(?<!ago"[^>]*><\/span>)/);
    }
  });

  it("has the icon of its most active job", () => {
    const waiting = listed({ state: "watching", concludedAt: null, jobType: null });
    expect(render([waiting])).toContain('<body class="c-waiting">');
    expect(render([waiting, listed({ state: "watching" })])).toContain('<body class="c-running">');
    expect(render([listed()])).toContain('<body class="c-succeeded">');
  });

  it("marks the current state and keeps the other fields in the form", () => {
    const page = render();
    expect(page).toContain('href="?key=k0&amp;state=failed&amp;text=pool" aria-current="page">Failed');
    expect(page).toContain('<input type="hidden" name="key" value="k0">');
    expect(page).toContain('<input type="hidden" name="state" value="failed">');
    expect(page).toContain('name="text" value="pool"');
    expect(page).toContain('<a href="?key=k0">Clear</a>');
    expect(render([], null, "/jobs?key=k0")).not.toContain("Clear");
  });

  it("uses the same words for the states of the filter and of the jobs", () => {
    const inFilter = [
      ...(render()
        .match(/<nav[\s\S]*?<\/nav>/)?.[0]
        .matchAll(/>([^<]+)<\/a>/g) ?? []),
    ].map(([, text]) => text);
    expect(inFilter).toEqual([
      "All",
      "Running",
      "Succeeded",
      "Failed",
      "Not ready",
      "Timed out",
      "Lost",
      "Stopped",
    ]);
    expect(row(listed({ state: "stopped" }))).toMatch(/^Stopped /);
    expect(row(listed({ state: "watching", concludedAt: null }))).toMatch(/^Running /);
  });

  it("names a field of the filter that is wrong", () => {
    const errors = [{ parameter: "since", detail: "must be a date" }];
    const page = renderListPage({
      project: "prod",
      watches: [],
      errors,
      hasLabels: true,
      now: NOW,
      link: { self: SELF, before: null },
    });
    expect(page.html).toContain('role="alert">since: <bdi>must be a date</bdi>');
  });

  it("links to older jobs only if older jobs exist", () => {
    expect(render([], "c2")).toContain('href="?key=k0&amp;state=failed&amp;text=pool&amp;before=c2"');
    expect(render([], "c2")).toContain("Older jobs may match");
    expect(render()).not.toContain("Older jobs");
    expect(render([])).toContain("No stored job of this project matches");
  });

  it("escapes untrusted text", () => {
    const page = render([listed({ jobType: "<script>x</script>", url: '"><u>' })]);
    expect(page).toContain("&lt;script&gt;x&lt;/script&gt;");
    expect(page).not.toContain('"><u>');
  });
});
