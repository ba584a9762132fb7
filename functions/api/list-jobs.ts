import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import {
  filterNeedsContext,
  hasAnyFilterField,
  type JobFilter,
  matchesFieldsOfContext,
  matchesFieldsWithoutContext,
} from "../../lib/api/job-filter.ts";
import { type JobList, type ListedJob, readJobListQuery } from "../../lib/api/list-and-health-documents.ts";
import type { ProblemResponse } from "../../lib/api/problem-response.ts";
import { invalidRequest } from "../../lib/api/request-errors.ts";
import { type Caller, mayUse } from "../../lib/auth/caller.ts";
import {
  createJobPageUrl,
  createLinkOptions,
  createStatusDocumentUrl,
  type LinkOptions,
} from "../../lib/auth/link-keys.ts";
import type { Context } from "../../lib/domain/context.ts";
import type { Instant } from "../../lib/domain/job.ts";
import { toPendingReady } from "../../lib/domain/ready.ts";
import { toIso, toIsoOrNull } from "../../lib/domain/time-text.ts";
import { isDiscoveryWatch } from "../../lib/ledger/audit.ts";
import {
  PageTokenError,
  resolveLedgerPageToken,
  toPageToken,
  toPublicPageToken,
} from "../../lib/ledger/page-token.ts";
import { countPollsOfGeneration, type Watch } from "../../lib/ledger/watch.ts";
import type { ApiPorts } from "./api-ports.ts";
import { selectOwnOrNewestWatches } from "./own-or-newest-watch.ts";

/**
 * The maximum number of ledger reads for one page of the job list. A filter may need several ledger reads, because the
 * index of recent watches contains only acceptance times.
 */
const MAX_READS = 5;
const READ_LIMIT = 100;
/** The minimum number of watches that `readJobListPage` checks in parallel. */
const MIN_CHECKED = 25;

/**
 * Creates the response to `GET /v1/jobs`: the jobs of one project, newest first. For each job, the list shows the watch
 * of the caller, or the newest watch of the job if the caller has no watch of the job. A filter does not search the
 * context of another caller's watch, because the caller may not see this context.
 */
export async function listJobs(
  _params: unknown,
  request: ApiRequest,
  { ledger, configs, defaultUrl, now }: ApiPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const project = request.query.get("project");
  const config = await (project === null ? configs.current() : configs.currentWith("projects", project));
  const query = readJobListQuery(request.query, caller, config);
  if (query.kind === "problem") return query;
  const links = createLinkOptions(config, defaultUrl);
  try {
    const { jobs, next } = await readJobListPage(query, readerOf(caller, ledger), ledger);
    const listed = jobs.map((job) => listedJob(job, caller, links, now()));
    return jsonResponse(200, { jobs: listed, next } satisfies JobList, { vary: "authorization" });
  } catch (error) {
    if (!(error instanceof PageTokenError)) throw error;
    return invalidRequest([{ parameter: "before", detail: "must be the 'next' of a previous page" }]);
  }
}

/** A caller sees only the context of its own watches. */
function readerOf({ name }: Caller, ledger: ApiPorts["ledger"]): ListReader {
  const readContext = async (watch: Watch): Promise<Context> =>
    watch.caller === name ? (await ledger.readCallerData(watch)).context : {};
  return { caller: name, readContext };
}

/**
 * Returns true if the caller may see everything on the HTML page of a watch. The HTML page shows the context and all
 * targets of the watch. The context of a discovered job comes from the config and not from another caller.
 */
function mayOpenPage(watch: Watch, caller: Caller): boolean {
  const { project, targets } = watch;
  if (watch.caller === caller.name) return true;
  return isDiscoveryWatch(watch) && targets.every((target) => mayUse(caller, { project, target }));
}

function listedJob(
  { watch, context }: FoundJob,
  caller: Caller,
  links: LinkOptions,
  now: Instant,
): ListedJob {
  const { project, jobId, state, phase, jobType, resourceName, acceptedAt, concludedAt } = watch;
  const { cause, durationSeconds } = watch;
  return {
    project,
    jobId,
    state,
    done: state !== "watching",
    phase,
    type: jobType,
    resourceName,
    cause,
    actor: context.actor ?? null,
    pipeline: context.pipeline ?? null,
    polls: countPollsOfGeneration(watch),
    acceptedAt: toIso(acceptedAt),
    concludedAt: toIsoOrNull(concludedAt),
    durationSeconds,
    statusUrl: createStatusDocumentUrl(links.publicUrl, watch),
    pageUrl: mayOpenPage(watch, caller) ? createJobPageUrl(links, watch, now) : null,
    ready: state === "watching" ? toPendingReady(watch.ready) : undefined,
  };
}

export interface ListQuery {
  readonly project: string;
  readonly filter: JobFilter;
  readonly limit: number;
  /** The value of `next` from the previous page of the job list, or null for the first page. */
  readonly before: string | null;
}

interface ListReader {
  /** The name of the caller who reads the job list, or null for a reader without a token. */
  readonly caller: string | null;
  /**
   * Returns the part of a watch's context that the reader of the job list may see. A filter searches only the part of
   * the context that the reader may see.
   */
  readonly readContext: (watch: Watch) => Promise<Context>;
}

/** A watch in the job list with the part of its context that the reader may see. */
interface FoundJob {
  readonly watch: Watch;
  readonly context: Context;
}

/**
 * Returns one page of the job list of a project, newest job first. For each job, the page contains the watch of the
 * caller, or the newest watch of the job if the caller has no watch of the job. The page may contain fewer jobs than
 * `limit`, because the function reads at most 500 watches for one page.
 * @throws PageTokenError if `before` is not a page token
 */
export async function readJobListPage(
  { project, filter, limit, before }: ListQuery,
  reader: ListReader,
  ledger: ApiPorts["ledger"],
): Promise<{ readonly jobs: readonly FoundJob[]; readonly next: string | null }> {
  const jobs: FoundJob[] = [];
  const isFiltered = hasAnyFilterField(filter);
  let next = before === null ? startBelow(filter) : await resolveLedgerPageToken(before, project, ledger);
  for (let read = 0; read < MAX_READS; read += 1) {
    const page = await ledger.listRecentWatches(project, {
      limit: isFiltered ? READ_LIMIT : limit,
      before: next,
    });
    const matching = page.watches.filter((watch) => matchesFieldsWithoutContext(watch, filter));
    // The check of a watch reads the ledger, so the loop checks only a few more watches than the page needs.
    for (let i = 0; i < matching.length; ) {
      const slice = matching.slice(i, i + Math.max(limit - jobs.length, MIN_CHECKED));
      jobs.push(...(await selectJobs(slice, filter, reader, ledger)));
      i += slice.length;
      const last = jobs.length >= limit ? jobs[limit - 1]?.watch : undefined;
      if (last === undefined) continue;
      const position = last === page.watches.at(-1) ? page.next : toPageToken(last);
      return { jobs: jobs.slice(0, limit), next: position && toPublicPageToken(position) };
    }
    next = page.next;
    const oldest = page.watches.at(-1)?.acceptedAt ?? Infinity;
    if (oldest < (filter.since ?? -Infinity)) next = null;
    if (next === null || !isFiltered) break;
  }
  return { jobs, next: next && toPublicPageToken(next) };
}

/**
 * Returns the page token at which the job list starts. With the filter field `to`, the list starts at the newest watch
 * that the filter can select.
 */
function startBelow({ to }: JobFilter): string | null {
  return to === null ? null : toPageToken({ acceptedAt: to + 1, jobId: "0", caller: "token:0" });
}

async function selectJobs(
  watches: readonly Watch[],
  filter: JobFilter,
  { caller, readContext }: ListReader,
  ledger: ApiPorts["ledger"],
): Promise<FoundJob[]> {
  const visible = await selectOwnOrNewestWatches(watches, caller, ledger);
  const found = await Promise.all(
    visible.map(async (watch) => ({ watch, context: await readContext(watch) })),
  );
  return filterNeedsContext(filter)
    ? found.filter(({ watch, context }) => matchesFieldsOfContext(watch, context, filter))
    : found;
}
