import { type ApiRequest, type ApiResponse, conditionalResponse } from "../../lib/api/http-message.ts";
import {
  type LinkedPage,
  type LinkOptions,
  listPageUrl,
  pageUrl,
  readLinkKey,
} from "../../lib/auth/link-keys.ts";
import type { Config } from "../../lib/config/config.ts";
import { consoleUrl } from "../../lib/domain/console-url.ts";
import { type Instant, type Job, JobId, Name } from "../../lib/domain/job.ts";
import { truncateTree } from "../../lib/domain/truncate-tree.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { PageTokenError, type WatchPage } from "../../lib/ledger/watch-ledger.ts";
import { renderJobPage } from "../../lib/pages/job-page.ts";
import { parseListState } from "../../lib/pages/list-filter.ts";
import { renderListPage } from "../../lib/pages/list-page.ts";
import { renderNotFoundPage } from "../../lib/pages/not-found-page.ts";
import type { RenderedPage } from "../../lib/pages/page-shell.ts";
import { statusResponse } from "./build-status-document.ts";
import { withDigestDeliveries } from "./read-status.ts";

/** The JSON of about 3,000 subjobs. A larger page is slow to read, and the page reloads itself. */
const MAX_TREE_BYTES = 1_000_000;
const LIST_LIMIT = 50;
const MAX_FILTER_LENGTH = 200;

export interface PagesPorts {
  readonly ledger: Pick<Ledger, "readWatch" | "listRecentWatches" | "readDigest" | "readDelivery">;
  readonly config: Config;
  readonly links: LinkOptions;
  readonly now: Instant;
}

type PageRequest = Pick<ApiRequest, "query" | "headers">;

/**
 * `GET /jobs/{project}/{jobId}?key=…`: the page of one job. A wrong key, an expired key and an unknown job get the same
 * page. The page links to the list of its project, with the same expiry.
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
  const links = openPage({ kind: "watch", ...key }, request, ports);
  const watchDocument = links === null ? null : await ports.ledger.readWatch(key);
  if (links === null || watchDocument === null) return notFoundPage(request);
  const { tree, ...complete } = await withDigestDeliveries(watchDocument, ports.ledger);
  const list = listPageUrl(links, key.project, ports.now);
  return statusResponse({ ...complete, tree: truncateForPage(tree) }, ports.config, (document) =>
    pageResponse(
      200,
      renderJobPage({
        document,
        now: ports.now,
        link: list === null ? {} : { list },
        consoleUrl: consoleUrl(document.region, document.clusterId),
      }),
      request,
    ),
  );
}

function truncateForPage(tree: Job | null): Job | null {
  if (tree === null) return null;
  const measured = (smaller: Job) => ({ smaller, bytes: Buffer.byteLength(JSON.stringify(smaller)) });
  return truncateTree(tree, measured, ({ bytes }) => bytes, MAX_TREE_BYTES).smaller;
}

/** `GET /jobs?key=…&project=…`: the page with the recent watches of a project. Without `project`, the default project. */
export async function showJobs(request: PageRequest, ports: PagesPorts): Promise<ApiResponse> {
  const { query } = request;
  const { ledger, config, now } = ports;
  const project = Name.safeParse(query.get("project") ?? config.settings.defaultProject);
  if (!project.success) return notFoundPage(request);
  const links = openPage({ kind: "project", project: project.data }, request, ports);
  const recent = links === null ? null : await readRecent(ledger, project.data, query.get("before"));
  if (links === null || recent === null) return notFoundPage(request);
  const page = renderListPage({
    project: project.data,
    watches: recent.watches.map((watch) => ({ ...watch, url: pageUrl(links, watch, now) ?? "" })),
    filter: {
      state: parseListState(query.get("state")),
      text: (query.get("text") ?? "").slice(0, MAX_FILTER_LENGTH).toWellFormed(),
    },
    now,
    link: { self: `${links.publicUrl}/jobs?${query.toString()}`, before: recent.next },
  });
  return pageResponse(200, page, request);
}

/** Returns null for a `before` that is not a page token. */
async function readRecent(
  ledger: Pick<Ledger, "listRecentWatches">,
  project: string,
  before: string | null,
): Promise<WatchPage | null> {
  try {
    return await ledger.listRecentWatches(project, { limit: LIST_LIMIT, before });
  } catch (error) {
    if (error instanceof PageTokenError) return null;
    throw error;
  }
}

/** Returns the options of the links on a page. Returns null when the key does not open the page. The links expire with the key. */
function openPage(
  page: LinkedPage,
  { query }: PageRequest,
  { links, now }: Pick<PagesPorts, "links" | "now">,
): LinkOptions | null {
  if (links.linkKey === undefined) return null;
  const expiresAt = readLinkKey(links.linkKey, page, query.get("key") ?? "", now);
  return expiresAt === null ? null : { ...links, expiresAt };
}

function notFoundPage(request: PageRequest): ApiResponse {
  return pageResponse(404, renderNotFoundPage(), request);
}

function pageResponse(status: number, { html, headers }: RenderedPage, request: PageRequest): ApiResponse {
  return conditionalResponse({ status, headers, body: html }, request);
}
