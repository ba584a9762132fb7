import { etagOf, isNoneMatch } from "../../lib/api/etag.ts";
import type { ApiRequest, ApiResponse } from "../../lib/api/http.ts";
import { type LinkedPage, type LinkOptions, listPageUrl, readLinkKey } from "../../lib/auth/link-keys.ts";
import type { Config } from "../../lib/config/config.ts";
import { consoleUrl } from "../../lib/domain/console-url.ts";
import { type Instant, type Job, JobId, Name } from "../../lib/domain/job.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import { renderJobPage } from "../../lib/pages/job-page.ts";
import { renderNotFoundPage } from "../../lib/pages/not-found-page.ts";
import type { RenderedPage } from "../../lib/pages/shell.ts";
import { statusDocument, type TreeTeller } from "./make-status-document.ts";
import { listPage } from "./pages-list.ts";
import { statusFacts } from "./read-status.ts";
import { type StatusDigestPorts, withDigest } from "./status-digest.ts";
import { fittingAnswer, pageTree } from "./truncate-answer.ts";

export interface PagesPorts {
  readonly ledger: Pick<WatchLedger, "readWatch" | "listRecentWatches"> & StatusDigestPorts["ledger"];
  readonly config: Config;
  readonly publicUrl: string;
  readonly tell: TreeTeller;
  readonly now: Instant;
}

type PageRequest = Pick<ApiRequest, "query" | "headers">;

/**
 * `GET /jobs/{project}/{jobId}?key=…`. A wrong key, an old one and an unknown job get the same page. Who may read
 * one job may read the list of its project, for as long.
 */
export async function showJob(
  params: Readonly<Record<string, string>>,
  request: PageRequest,
  ports: PagesPorts,
): Promise<ApiResponse> {
  const project = Name.safeParse(params.project);
  const jobId = JobId.safeParse(params.jobId);
  if (!project.success || !jobId.success) return notFoundPage(request);
  const key = { project: project.data, jobId: jobId.data };
  const maker = opened({ kind: "watch", ...key }, request, ports);
  const read = maker === null ? null : await ports.ledger.readWatch(key);
  if (maker === null || read === null) return notFoundPage(request);
  const facts = statusFacts(await withDigest(read, ports), ports);
  const list = listPageUrl(maker, key.project, ports.now);
  const answer = (shown: Job | null) => {
    const document = statusDocument(facts, shown);
    const page = renderJobPage({
      document,
      now: ports.now,
      link: list === null ? {} : { list },
      consoleUrl: consoleUrl(document.region, document.clusterId),
    });
    return pageResponse(200, page, request);
  };
  return fittingAnswer(pageTree(read.tree), answer);
}

/** `GET /jobs?key=…&project=…`: the recent watches of one project, by default of the default one. */
export async function showJobs(request: PageRequest, ports: PagesPorts): Promise<ApiResponse> {
  const project = Name.safeParse(request.query.get("project") ?? ports.config.settings.defaultProject);
  const maker = project.success ? opened({ kind: "project", project: project.data }, request, ports) : null;
  if (!project.success || maker === null) return notFoundPage(request);
  const page = await listPage(project.data, request.query, { ...ports, maker });
  return page === null ? notFoundPage(request) : pageResponse(200, page, request);
}

/** The options for links on a page, or null when the request's key does not open the page. */
function opened(
  page: LinkedPage,
  { query }: PageRequest,
  { config: { settings }, publicUrl, now }: PagesPorts,
): LinkOptions | null {
  const { linkKey, linkDays } = settings;
  if (linkKey === undefined) return null;
  const expiresAt = readLinkKey(linkKey, page, query.get("key") ?? "", now);
  return expiresAt === null ? null : { publicUrl, linkKey, linkDays, expiresAt };
}

function notFoundPage(request: PageRequest): ApiResponse {
  return pageResponse(404, renderNotFoundPage(), request);
}

function pageResponse(status: number, { html, headers }: RenderedPage, request: PageRequest): ApiResponse {
  const etag = etagOf(html);
  return status === 200 && isNoneMatch(request.headers["if-none-match"], etag)
    ? { status: 304, headers: { ...headers, etag } }
    : { status, headers: { ...headers, etag }, body: html };
}
