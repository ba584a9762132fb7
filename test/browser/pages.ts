import { createHtmlDocsResponseOrNotModified } from "../../functions/api/api-reference.ts";
import type { StatusDocument } from "../../lib/api/status-document.ts";
import { renderJobPage } from "../../lib/pages/job-page.ts";
import { renderListPage } from "../../lib/pages/list-page.ts";
import { type RenderedPage, renderNotFoundPage, renderStartPage } from "../../lib/pages/page-shell.ts";
import { bigJob, failedNodesJob, manyTargetsJob, succeededJob } from "../lib/pages/ended-jobs.ts";
import { failedJob } from "../lib/pages/failed-job.ts";
import { hostileJob } from "../lib/pages/hostile-job.ts";
import { listedWatches } from "../lib/pages/listed-watches.ts";
import { loneJob, oneStepJob, runningJob, unseenJob } from "../lib/pages/running-jobs.ts";
import { NOW } from "../lib/pages/sample-parts.ts";

export function jobPage(document: StatusDocument): RenderedPage {
  return renderJobPage(document, NOW, "/jobs?key=k0");
}

function endedJob(part: Partial<StatusDocument>): StatusDocument {
  return { ...runningJob(), expected: undefined, done: true, nextPollAt: null, ...part };
}

const docs = await createHtmlDocsResponseOrNotModified({ headers: {} });

/** Every kind of page, by the name of its screenshot. */
export const PAGES: Readonly<Record<string, RenderedPage>> = {
  running: jobPage(runningJob()),
  failed: jobPage(failedJob()),
  succeeded: jobPage(succeededJob()),
  one_subjob: jobPage(oneStepJob()),
  sixty_subjobs: jobPage(bigJob()),
  failed_nodes: jobPage(failedNodesJob(100, 1)),
  many_subjobs: jobPage(failedNodesJob(1500, 7)),
  many_targets: jobPage(manyTargetsJob()),
  hostile: jobPage(hostileJob()),
  timed_out: jobPage(endedJob({ state: "timed_out", concludedAt: new Date(NOW).toISOString() })),
  timed_out_unseen: jobPage(
    unseenJob({
      state: "timed_out",
      done: true,
      concludedAt: new Date(NOW).toISOString(),
      reason: "The deadline of 120 min has passed; the latest poll brought no job (unavailable).",
    }),
  ),
  lost: jobPage(
    endedJob({
      state: "lost",
      reason: "CCE refuses the credentials for project prod: check auth, region and projectId (HTTP 401)",
    }),
  ),
  lost_unseen: jobPage(
    unseenJob({
      state: "lost",
      done: true,
      reason: "CCE knows no such job (HTTP 404, CCE.01404001, Resource not found)",
    }),
  ),
  stopped: jobPage(endedJob({ state: "stopped" })),
  poll_error: jobPage({
    ...runningJob(),
    lastPollError: "CCE rejects the project's credentials, since 2026-03-12T09:31:00.250Z",
  }),
  accepted: jobPage(unseenJob({ polls: 0, polledAt: [] })),
  waiting: jobPage(unseenJob()),
  alone: jobPage(loneJob()),
  list: renderListPage({
    project: "prod",
    watches: listedWatches(),
    errors: [],
    hasLabels: true,
    now: NOW,
    link: { self: "/jobs?key=k0", before: "c2" },
  }),
  "not-found": renderNotFoundPage(),
  start: renderStartPage("docs"),
  docs: { html: docs.body ?? "", headers: { ...docs.headers } },
};
