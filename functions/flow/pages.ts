import { etagOf, isNoneMatch } from "../../lib/api/etag.ts";
import type { ApiRequest, ApiResponse } from "../../lib/api/http.ts";
import { checkLinkKey, type LinkSubject } from "../../lib/api/link.ts";
import type { Config } from "../../lib/config.ts";
import { type Instant, JobId, Name } from "../../lib/job.ts";
import type { WatchLedger } from "../../lib/ledger/ledger.ts";
import { renderJobPage } from "../../lib/report/page/job-page.ts";
import { renderNotFoundPage } from "../../lib/report/page/not-found-page.ts";
import type { RenderedPage } from "../../lib/report/page/shell.ts";
import { listPage } from "./pages-list.ts";
import { statusFacts } from "./status.ts";
import { statusDocument, type TreeTeller } from "./status-document.ts";

export interface PagesPorts {
  readonly ledger: Pick<WatchLedger, "read" | "recent">;
  readonly config: Config;
  readonly publicUrl: string;
  readonly tell: TreeTeller;
  readonly now: Instant;
}

type PageRequest = Pick<ApiRequest, "query" | "headers">;

/** `GET /jobs/{project}/{jobId}?key=…`. A wrong key, an old one and an unknown job get the same page. */
export async function showJob(
  params: Readonly<Record<string, string>>,
  request: PageRequest,
  ports: PagesPorts,
): Promise<ApiResponse> {
  const project = Name.safeParse(params.project);
  const jobId = JobId.safeParse(params.jobId);
  if (!project.success || !jobId.success) return notFoundPage(request);
  const key = { project: project.data, jobId: jobId.data };
  if (!isOpen({ kind: "watch", ...key }, request, ports)) return notFoundPage(request);
  const document = await ports.ledger.read(key);
  if (document === null) return notFoundPage(request);
  const page = renderJobPage({
    document: statusDocument(statusFacts(document, ports)),
    now: ports.now,
    link: {},
    consoleUrl: null,
  });
  return pageResponse(200, page, request);
}

/** `GET /jobs?key=…&project=…`: the recent watches of one project, by default of the default one. */
export async function showJobs(request: PageRequest, ports: PagesPorts): Promise<ApiResponse> {
  const project = Name.safeParse(request.query.get("project") ?? ports.config.settings.defaultProject);
  if (!project.success || !isOpen({ kind: "project", project: project.data }, request, ports))
    return notFoundPage(request);
  const page = await listPage(project.data, request.query, ports);
  return page === null ? notFoundPage(request) : pageResponse(200, page, request);
}

function isOpen(subject: LinkSubject, { query }: PageRequest, { config, now }: PagesPorts): boolean {
  const secret = config.settings.linkKey;
  return secret !== undefined && checkLinkKey(secret, subject, query.get("key") ?? "", now) === "valid";
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
