import { renderJobPage } from "../../lib/report/page/job-page.ts";
import { renderListPage } from "../../lib/report/page/list-page.ts";
import { renderNotFoundPage } from "../../lib/report/page/not-found-page.ts";
import type { RenderedPage } from "../../lib/report/page/shell.ts";
import type { StatusDocument } from "../../lib/status.ts";
import { bigJob, succeededJob } from "../lib/report/page/ended-samples.ts";
import { failedJob } from "../lib/report/page/failed-sample.ts";
import { hostileJob } from "../lib/report/page/hostile-sample.ts";
import { NOW } from "../lib/report/page/job-parts.ts";
import { morning } from "../lib/report/page/list-samples.ts";
import { runningJob } from "../lib/report/page/running-sample.ts";

export function jobPage(document: StatusDocument): RenderedPage {
  const link = { list: "/jobs?key=k0", api: "/v1/jobs/prod/b7c64d1e" };
  return renderJobPage({ document, now: NOW, link, consoleUrl: "https://console.example.com/cce" });
}

/** Every kind of page a reader can meet, by the name of its screenshot. */
export const PAGES: Readonly<Record<string, RenderedPage>> = {
  running: jobPage(runningJob()),
  failed: jobPage(failedJob()),
  succeeded: jobPage(succeededJob()),
  big: jobPage(bigJob()),
  hostile: jobPage(hostileJob()),
  timed_out: jobPage({
    ...runningJob(),
    state: "timed_out",
    done: true,
    concludedAt: new Date(NOW).toISOString(),
  }),
  lost: jobPage({
    ...runningJob(),
    state: "lost",
    done: true,
    job: null,
    type: null,
    reason: "404 CCE_CM.0003",
  }),
  stopped: jobPage({ ...runningJob(), state: "stopped", done: true, nextLookAt: null }),
  troubled: jobPage({ ...runningJob(), trouble: "the cloud refuses the credentials since 09:31 (403)" }),
  accepted: jobPage({
    ...runningJob(),
    looks: 0,
    lookedAt: [],
    job: null,
    type: null,
    phase: null,
    createdAt: null,
  }),
  list: renderListPage({
    project: "prod",
    watches: morning(),
    filter: { state: null, text: "" },
    now: NOW,
    link: { self: "/jobs?key=k0", before: "c2" },
  }),
  "not-found": renderNotFoundPage(),
};
