import { type ApiRequest, type ApiResponse, conditionalResponse } from "../../lib/api/http-message.ts";
import {
  createLinkOptions,
  type LinkedPage,
  type LinkOptions,
  listPageUrl,
  pageUrl,
  readLinkKey,
} from "../../lib/auth/link-keys.ts";
import type { PageSettings } from "../../lib/config/settings.ts";
import { type Instant, type Job, JobId, Name } from "../../lib/domain/job.ts";
import { serializeTruncatedTree } from "../../lib/domain/truncate-tree.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";
import { PageTokenError } from "../../lib/ledger/page-token.ts";
import type { WatchDocument, WatchPage } from "../../lib/ledger/watch.ts";
import { renderJobPage } from "../../lib/pages/job-page.ts";
import { parseStateFilter } from "../../lib/pages/list-filter.ts";
import { renderListPage } from "../../lib/pages/list-page.ts";
import { type RenderedPage, renderNotFoundPage } from "../../lib/pages/page-shell.ts";
import type { ApiPorts, RequestPorts } from "./api-ports.ts";
import { readExpected, replaceDigestDeliveries } from "./read-status.ts";
import { selectVisibleWatches } from "./restrict-watch.ts";
import { statusResponse } from "./status-response.ts";

/**
 * The maximum size of the JSON of the subjobs on a page, enough for about 3,000 subjobs. A page with more subjobs would
 * be slow, because the page reloads regularly.
 */
const MAX_TREE_BYTES = 1_000_000;
const LIST_LIMIT = 50;
const MAX_FILTER_LENGTH = 200;

/**
 * Creates the response to `GET /jobs/{project}/{jobId}?key=…`: the HTML page of one job. For a wrong key, an expired
 * key or an unknown job, the response is the same "not found" page. The link to the job list of the project expires at
 * the same time as the key in the URL.
 */
export async function showJob(
  params: Readonly<Record<string, string>>,
  request: ApiRequest,
  ports: RequestPorts,
): Promise<ApiResponse> {
  const { ledger, configs, defaultUrl } = ports;
  const [config, now] = [await configs.current(), ports.now()];
  const project = Name.safeParse(params.project);
  const jobId = JobId.safeParse(params.jobId);
  if (!project.success || !jobId.success) return pageResponse(null, request);
  const job = { project: project.data, jobId: jobId.data };
  const page = { kind: "watch", ...job } as const;
  const opened = openPage(page, request, createLinkOptions(config, defaultUrl), now);
  if (opened === null) return pageResponse(null, request);
  const { links, opens } = opened;
  const watch = (await ledger.listJobWatches(job)).find(({ caller }) => opens(caller));
  const watchDocument = watch === undefined ? null : await ledger.readWatch(watch);
  if (watchDocument === null) return pageResponse(null, request);
  const { tree, ...complete } = await replaceDigestDeliveries(watchDocument, ledger);
  const { pages } = config.settings;
  const listUrl = pages.list ? listPageUrl(links, job.project, now) : null;
  const expected = await readExpected(watchDocument, ports);
  return statusResponse(
    { ...hideFromPage(complete, pages), tree: truncateForPage(tree) },
    config,
    expected,
    (document) => pageResponse(renderJobPage(document, now, listUrl), request),
  );
}

/** Omits the labels of the context and the answers of receivers, unless the operator shows them on pages. */
function hideFromPage<Shown extends Pick<WatchDocument, "context" | "deliveries">>(
  shown: Shown,
  { labels, answers }: PageSettings,
): Shown {
  const { labels: _, ...context } = shown.context;
  const withoutAnswer = (delivery: DeliveryRecord): DeliveryRecord => ({
    ...delivery,
    history: delivery.history.map((attempt) => ({ ...attempt, answer: "" })),
  });
  return {
    ...shown,
    context: labels ? shown.context : context,
    deliveries: answers ? shown.deliveries : shown.deliveries.map(withoutAnswer),
  };
}

function truncateForPage(tree: Job | null): Job | null {
  if (tree === null) return null;
  const measured = (smaller: Job) => ({ smaller, bytes: Buffer.byteLength(JSON.stringify(smaller)) });
  return serializeTruncatedTree(tree, measured, ({ bytes }) => bytes, MAX_TREE_BYTES).smaller;
}

/**
 * Creates the response to `GET /jobs?key=…&project=…`: the HTML page with the recent watches of a project. A request
 * without the parameter `project` gets the page of the default project.
 */
export async function showJobs(
  _params: unknown,
  request: ApiRequest,
  { ledger, configs, defaultUrl, now: clock }: ApiPorts,
): Promise<ApiResponse> {
  const [config, now] = [await configs.current(), clock()];
  const { query } = request;
  const project = Name.safeParse(query.get("project") ?? config.settings.defaultProject);
  if (!project.success) return pageResponse(null, request);
  const page = { kind: "project", project: project.data } as const;
  const opened = openPage(page, request, createLinkOptions(config, defaultUrl), now);
  const recent = opened === null ? null : await readRecent(ledger, project.data, query.get("before"));
  if (opened === null || recent === null) return pageResponse(null, request);
  const { links } = opened;
  const text = (query.get("text") ?? "").slice(0, MAX_FILTER_LENGTH).toWellFormed();
  const list = renderListPage({
    project: project.data,
    watches: recent.watches.map((watch) => ({ ...watch, url: pageUrl(links, watch, now) ?? "" })),
    filter: { state: parseStateFilter(query.get("state")), text },
    now,
    link: { self: `${links.publicUrl}/jobs?${query.toString()}`, before: recent.next },
  });
  return pageResponse(list, request);
}

/** Returns the newest watch of each job on one page of recent watches, or null when `before` is not a page token. */
async function readRecent(
  ledger: ApiPorts["ledger"],
  project: string,
  before: string | null,
): Promise<WatchPage | null> {
  try {
    const { watches, next } = await ledger.listRecentWatches(project, { limit: LIST_LIMIT, before });
    return { watches: await selectVisibleWatches(watches, null, ledger), next };
  } catch (error) {
    if (error instanceof PageTokenError) return null;
    throw error;
  }
}

/**
 * Returns the options for the links on a page, or null when the key in the URL does not open the page. The links on the
 * page expire at the same time as the key in the URL. The function `opens` says whose watch the key opens.
 */
function openPage(
  page: LinkedPage,
  { query }: ApiRequest,
  links: LinkOptions,
  now: Instant,
): { readonly links: LinkOptions; readonly opens: (caller: string) => boolean } | null {
  const read = readLinkKey(links, page, query.get("key") ?? "", now);
  return read && { links: { ...links, expiresAt: read.expiresAt }, opens: read.opens };
}

/** Creates the HTTP response for an HTML page. If there is no page, the response has the status 404. */
function pageResponse(page: RenderedPage | null, request: ApiRequest): ApiResponse {
  const { html, headers } = page ?? renderNotFoundPage();
  return conditionalResponse({ status: page === null ? 404 : 200, headers, body: html }, request);
}
