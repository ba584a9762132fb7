import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import {
  filterNeedsContext,
  isAnyFilterFieldGiven,
  type JobFilter,
  matchesFieldsOfContext,
  matchesFieldsWithoutContext,
} from "../../lib/api/job-filter.ts";
import {
  checkRightAndReadJobListQuery,
  type JobList,
  type ListedJob,
} from "../../lib/api/list-and-health-documents.ts";
import type { ProblemResponse } from "../../lib/api/problem-response.ts";
import { invalidRequest } from "../../lib/api/request-errors.ts";
import { type Caller, mayUse } from "../../lib/auth/caller-rights.ts";
import {
  createSignedJobPageUrlOrNull,
  createSignedPageLinkOptions,
  createStatusDocumentUrl,
  type LinkOptions,
} from "../../lib/auth/link-keys.ts";
import type { Context } from "../../lib/domain/context-and-labels.ts";
import type { Instant } from "../../lib/domain/job.ts";
import { toPendingReady } from "../../lib/domain/ready.ts";
import { toIsoOrNull, toIsoOrThrow } from "../../lib/domain/time-text.ts";
import { isDiscoveryWatch } from "../../lib/ledger/audit.ts";
import {
  PageTokenError,
  replaceCallerByHashInPageTokenOrThrow,
  restoreCallerInPageTokenOrThrow,
  toInternalPageToken,
} from "../../lib/ledger/page-token.ts";
import { countQueriedPollsOfGeneration, type Watch } from "../../lib/ledger/watch.ts";
import type { ApiPorts } from "./api-ports.ts";
import { keepOwnOrNewestWatchOfEachJob } from "./own-or-newest-watch.ts";

/**
 * The maximum number of reads of the ledger for one page. A page may need several reads, because the ledger also
 * returns watches that do not match the filter.
 */
const MAX_READS = 5;
const READ_LIMIT = 100;
/** The minimum number of watches that the function compares with the filter in parallel. */
const MIN_CHECKED = 25;

/**
 * Creates the response to `GET /v1/jobs`. The response lists the jobs of a project, newest first. For each job, the
 * response shows the caller's own watch. If the caller has no watch of the job, the response shows the newest watch.
 * The filter does not search the context of watches that belong to other callers.
 */
export async function listProjectJobsWithOwnOrNewestWatch(
  _params: unknown,
  request: ApiRequest,
  { ledger, configs, defaultUrl, now }: ApiPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const project = request.query.get("project");
  const config = await (project === null ? configs.current() : configs.currentWith("projects", project));
  const query = checkRightAndReadJobListQuery(request.query, caller, config);
  if (query.kind === "problem") return query;
  const links = createSignedPageLinkOptions(config, defaultUrl);
  try {
    const { jobs, next } = await readJobListPageOrThrow(query, readerOf(caller, ledger), ledger);
    const listed = jobs.map((job) => listedJob(job, caller, links, now()));
    return jsonResponse(200, { jobs: listed, next } satisfies JobList, { vary: "authorization" });
  } catch (error) {
    if (!(error instanceof PageTokenError)) throw error;
    return invalidRequest([{ parameter: "before", detail: "must be the 'next' of a previous page" }]);
  }
}

/** A caller sees only the context of watches that belong to the caller. */
function readerOf({ name }: Caller, ledger: ApiPorts["ledger"]): ListReader {
  const readContext = async (watch: Watch): Promise<Context> =>
    watch.caller === name ? (await ledger.readCallerData(watch)).context : {};
  return { caller: name, readContext };
}

/**
 * Returns true if the caller may see the context and all targets of a watch, which the status page shows. The context
 * of a job that discovery found comes from the config, so every caller may see it.
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
    polls: countQueriedPollsOfGeneration(watch),
    acceptedAt: toIsoOrThrow(acceptedAt),
    concludedAt: toIsoOrNull(concludedAt),
    durationSeconds,
    statusUrl: createStatusDocumentUrl(links.publicUrl, watch),
    pageUrl: mayOpenPage(watch, caller) ? createSignedJobPageUrlOrNull(links, watch, now) : null,
    ready: state === "watching" ? toPendingReady(watch.ready) : undefined,
  };
}

export interface ListQuery {
  readonly project: string;
  readonly filter: JobFilter;
  readonly limit: number;
  /** The page token from the field `next` of the previous response. For the first page, `before` is null. */
  readonly before: string | null;
}

interface ListReader {
  /** The name of the caller who reads the list. For a reader without a token, `caller` is null. */
  readonly caller: string | null;
  /**
   * Returns those parts of a watch's context that the reader may see. A filter searches only the parts of the context
   * that the reader may see.
   */
  readonly readContext: (watch: Watch) => Promise<Context>;
}

/** A watch of the job list, with the part of its context that the reader may see. */
interface FoundJob {
  readonly watch: Watch;
  readonly context: Context;
}

/**
 * Returns one page of a project's job list, newest first. For each job, the page shows the caller's own watch. If the
 * caller has no watch of the job, the page shows the newest watch. The function reads at most 500 watches, so the page
 * may contain fewer jobs than `limit`.
 * @throws PageTokenError if `before` is not a valid page token
 */
export async function readJobListPageOrThrow(
  { project, filter, limit, before }: ListQuery,
  reader: ListReader,
  ledger: ApiPorts["ledger"],
): Promise<{ readonly jobs: readonly FoundJob[]; readonly next: string | null }> {
  const jobs: FoundJob[] = [];
  const isFiltered = isAnyFilterFieldGiven(filter);
  let next =
    before === null ? startBelow(filter) : await restoreCallerInPageTokenOrThrow(before, project, ledger);
  for (let read = 0; read < MAX_READS; read += 1) {
    const page = await ledger.listRecentWatches(project, {
      limit: isFiltered ? READ_LIMIT : limit,
      before: next,
    });
    const matching = page.watches.filter((watch) => matchesFieldsWithoutContext(watch, filter));
    // The comparison with the filter may read the ledger. The function therefore stops the comparison when the page is
    // full.
    for (let i = 0; i < matching.length; ) {
      const slice = matching.slice(i, i + Math.max(limit - jobs.length, MIN_CHECKED));
      jobs.push(...(await selectJobs(slice, filter, reader, ledger)));
      i += slice.length;
      const last = jobs.length >= limit ? jobs[limit - 1]?.watch : undefined;
      if (last === undefined) continue;
      const position = last === page.watches.at(-1) ? page.next : toInternalPageToken(last);
      return {
        jobs: jobs.slice(0, limit),
        next: position && replaceCallerByHashInPageTokenOrThrow(position),
      };
    }
    next = page.next;
    const oldest = page.watches.at(-1)?.acceptedAt ?? Infinity;
    if (oldest < (filter.since ?? -Infinity)) next = null;
    if (next === null || !isFiltered) break;
  }
  return { jobs, next: next && replaceCallerByHashInPageTokenOrThrow(next) };
}

/**
 * Returns the page token of the first page. If the filter contains `to`, the first page begins with the newest watch
 * that was accepted before this time.
 */
function startBelow({ to }: JobFilter): string | null {
  return to === null ? null : toInternalPageToken({ acceptedAt: to + 1, jobId: "0", caller: "token:0" });
}

async function selectJobs(
  watches: readonly Watch[],
  filter: JobFilter,
  { caller, readContext }: ListReader,
  ledger: ApiPorts["ledger"],
): Promise<FoundJob[]> {
  const visible = await keepOwnOrNewestWatchOfEachJob(watches, caller, ledger);
  const found = await Promise.all(
    visible.map(async (watch) => ({ watch, context: await readContext(watch) })),
  );
  return filterNeedsContext(filter)
    ? found.filter(({ watch, context }) => matchesFieldsOfContext(watch, context, filter))
    : found;
}
