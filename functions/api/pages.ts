import { type ApiRequest, type ApiResponse, withEtagOrNotModified } from "../../lib/api/http-message.ts";
import { readJobFilterAndErrors } from "../../lib/api/job-filter.ts";
import {
  createSignedJobListUrlOrNull,
  createSignedJobPageUrlOrNull,
  createSignedPageLinkOptions,
  type LinkedPage,
  type LinkOptions,
  verifyLinkKey,
} from "../../lib/auth/link-keys.ts";
import type { PageSettings } from "../../lib/config/settings.ts";
import type { Context } from "../../lib/domain/context-and-labels.ts";
import { type Instant, type Job, JobId } from "../../lib/domain/job.ts";
import { Name } from "../../lib/domain/names.ts";
import { serializeTruncatedTree } from "../../lib/domain/subjob-tree.ts";
import { PageTokenError } from "../../lib/ledger/page-token.ts";
import type { Watch, WatchDocument } from "../../lib/ledger/watch.ts";
import type { WatchDelivery } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import { renderJobPage } from "../../lib/pages/job-page.ts";
import { renderListPage, withoutEmptyFields } from "../../lib/pages/list-page.ts";
import { type RenderedPage, renderNotFoundPage } from "../../lib/pages/page-shell.ts";
import type { ApiPorts, RequestPorts } from "./api-ports.ts";
import { type ListQuery, readJobListPageOrThrow } from "./list-jobs.ts";
import { readExpectedDurationIfRunning, replaceDeliveriesByThoseOfDigest } from "./read-status.ts";
import { createTruncatedStatusResponse } from "./status-response.ts";

/**
 * The maximum size of the subjobs on a status page, as JSON. The maximum size is enough for about 3,000 subjobs.
 * Browsers often reload a live page, so a larger page would be slow.
 */
const MAX_TREE_BYTES = 1_000_000;
const LIST_LIMIT = 50;

/**
 * Creates the response to `GET /jobs/{project}/{jobId}?key=…`: the status page of a job. The page "Not found" is the
 * same for a wrong key, an expired key and an unknown job. The link to the list of jobs expires at the same time as the
 * link key in the URL of the page.
 */
export async function createJobPageResponse(
  params: Readonly<Record<string, string>>,
  request: ApiRequest,
  ports: RequestPorts,
): Promise<ApiResponse> {
  const { ledger, configs, defaultUrl } = ports;
  const project = Name.safeParse(params.project);
  const jobId = JobId.safeParse(params.jobId);
  if (!project.success || !jobId.success) return pageResponse(null, request);
  const [config, now] = [await configs.currentWith("projects", project.data), ports.now()];
  const job = { project: project.data, jobId: jobId.data };
  const page = { kind: "watch", ...job } as const;
  const opened = openPage(page, request, createSignedPageLinkOptions(config, defaultUrl), now);
  if (opened === null) return pageResponse(null, request);
  const { links, opens } = opened;
  const watch = (await ledger.listJobWatchesNewestFirst(job)).find(({ caller }) => opens(caller));
  const watchDocument = watch === undefined ? null : await ledger.readWatchDocumentOrNull(watch);
  if (watchDocument === null) return pageResponse(null, request);
  const { tree, ...complete } = await replaceDeliveriesByThoseOfDigest(watchDocument, ledger);
  const { pages } = config.settings;
  const listUrl = pages.list ? createSignedJobListUrlOrNull(links, job.project, now) : null;
  const expected = await readExpectedDurationIfRunning(watchDocument, ports);
  return createTruncatedStatusResponse(
    { ...omitFromPage(complete, pages), tree: truncateForPage(tree) },
    config,
    expected,
    (document) => pageResponse(renderJobPage(document, now, listUrl), request),
  );
}

/** Removes the labels and the responses of targets, unless the config allows them on pages. */
function omitFromPage<Shown extends Pick<WatchDocument, "context" | "deliveries">>(
  shown: Shown,
  pages: PageSettings,
): Shown {
  const withoutAnswer = (delivery: WatchDelivery): WatchDelivery => ({
    ...delivery,
    history: delivery.history.map((attempt) => ({ ...attempt, answer: "" })),
  });
  return {
    ...shown,
    context: omitLabels(shown.context, pages),
    deliveries: pages.answers ? shown.deliveries : shown.deliveries.map(withoutAnswer),
  };
}

function omitLabels(context: Context, pages: PageSettings): Context {
  const { labels: _, ...rest } = context;
  return pages.labels ? context : rest;
}

function truncateForPage(tree: Job | null): Job | null {
  if (tree === null) return null;
  const measured = (smaller: Job) => ({ smaller, bytes: Buffer.byteLength(JSON.stringify(smaller)) });
  return serializeTruncatedTree(tree, measured, ({ bytes }) => bytes, MAX_TREE_BYTES).smaller;
}

/**
 * Creates the response to `GET /jobs?key=…&project=…`: the page with the recent jobs of a project. If the URL contains
 * no `project`, the page lists the jobs of the default project.
 */
export async function createListPageResponse(
  _params: unknown,
  request: ApiRequest,
  { ledger, configs, defaultUrl, now: clock }: ApiPorts,
): Promise<ApiResponse> {
  const { query } = request;
  const named = query.get("project") ?? (await configs.current()).settings.defaultProject;
  const project = Name.safeParse(named);
  if (!project.success) return pageResponse(null, request);
  const [config, now] = [await configs.currentWith("projects", project.data), clock()];
  const page = { kind: "project", project: project.data } as const;
  const opened = openPage(page, request, createSignedPageLinkOptions(config, defaultUrl), now);
  if (opened === null) return pageResponse(null, request);
  const fields = withoutEmptyFields(query);
  const { filter, errors } = readJobFilterAndErrors(fields);
  const before = fields.get("before");
  const { pages } = config.settings;
  const listQuery = { project: project.data, filter, limit: LIST_LIMIT, before };
  const found = await findJobs(listQuery, pages, ledger);
  if (found === null) return pageResponse(null, request);
  const { links } = opened;
  const list = renderListPage({
    project: project.data,
    watches: found.jobs.map(({ watch, context: { actor, pipeline } }) => {
      return { ...watch, actor, pipeline, url: createSignedJobPageUrlOrNull(links, watch, now) ?? "" };
    }),
    errors,
    hasLabels: pages.labels,
    now,
    link: { self: `${links.publicUrl}/jobs?${fields.toString()}`, before: found.next },
  });
  return pageResponse(list, request);
}

/** Reads one page of the job list for a reader who has no token. If the page token is wrong, the result is null. */
async function findJobs(query: ListQuery, pages: PageSettings, ledger: ApiPorts["ledger"]) {
  // The filter must search only those fields that the status page shows.
  const readContext = async (watch: Watch) => omitLabels((await ledger.readCallerData(watch)).context, pages);
  try {
    return await readJobListPageOrThrow(query, { caller: null, readContext }, ledger);
  } catch (error) {
    if (error instanceof PageTokenError) return null;
    throw error;
  }
}

/**
 * Checks the link key in the URL of a page. If the key is not valid for the page, returns null. The links on the page
 * expire at the same time as the link key in the URL. The function `opens` returns true if the key belongs to a link to
 * the watch of the given caller.
 */
function openPage(
  page: LinkedPage,
  { query }: ApiRequest,
  links: LinkOptions,
  now: Instant,
): { readonly links: LinkOptions; readonly opens: (caller: string) => boolean } | null {
  const read = verifyLinkKey(links, page, query.get("key") ?? "", now);
  return read && { links: { ...links, expiresAt: read.expiresAt }, opens: read.opens };
}

/** Creates the response with a page, or with the status 404 if `page` is null. */
function pageResponse(page: RenderedPage | null, request: ApiRequest): ApiResponse {
  const { html, headers } = page ?? renderNotFoundPage();
  return withEtagOrNotModified({ status: page === null ? 404 : 200, headers, body: html }, request);
}
