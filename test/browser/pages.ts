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
import { loneJob, runningJob, unseenJob } from "../lib/report/page/running-sample.ts";

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
  timed_out_unseen: jobPage(
    unseenJob({
      state: "timed_out",
      done: true,
      concludedAt: new Date(NOW).toISOString(),
      reason: "The deadline of 120 min has passed; the latest look brought no job (unavailable).",
    }),
  ),
  lost: jobPage({
    ...runningJob(),
    state: "lost",
    done: true,
    reason: "CCE refuses the credentials for project prod: check auth, region and projectId (HTTP 401)",
  }),
  lost_unseen: jobPage(
    unseenJob({
      state: "lost",
      done: true,
      reason: "CCE knows no such job (HTTP 404, CCE.01404001, Resource not found)",
    }),
  ),
  stopped: jobPage({ ...runningJob(), state: "stopped", done: true, nextLookAt: null }),
  troubled: jobPage({
    ...runningJob(),
    trouble: "CCE does not accept the project's credentials, since 2026-03-12T09:31:00.250Z",
  }),
  accepted: jobPage(unseenJob({ looks: 0, lookedAt: [] })),
  waiting: jobPage(unseenJob()),
  alone: jobPage(loneJob()),
  list: renderListPage({
    project: "prod",
    watches: morning(),
    filter: { state: null, text: "" },
    now: NOW,
    link: { self: "/jobs?key=k0", before: "c2" },
  }),
  "not-found": renderNotFoundPage(),
};
