import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import {
  type JobList,
  type ListedJob,
  type ListQuery,
  readListQuery,
} from "../../lib/api/job-list-document.ts";
import type { ProblemResponse } from "../../lib/api/problem.ts";
import { invalidRequest } from "../../lib/api/request-errors.ts";
import type { Caller } from "../../lib/auth/caller.ts";
import { createLinkOptions, type LinkOptions, pageUrl, statusUrl } from "../../lib/auth/link-keys.ts";
import type { Instant } from "../../lib/domain/job.ts";
import { pendingReady } from "../../lib/domain/ready.ts";
import { toIso, toIsoOrNull } from "../../lib/domain/time-text.ts";
import { PageTokenError, toPageToken } from "../../lib/ledger/page-token.ts";
import { countPollsMade, type Watch, type WatchPage } from "../../lib/ledger/watch.ts";
import type { ApiPorts } from "./api-ports.ts";
import { selectVisibleWatches } from "./restrict-watch.ts";

/**
 * The maximum number of ledger reads for one call of `GET /v1/jobs`. The index of recent watches does not contain the
 * states of watches, so a filter by state may need several reads of the ledger.
 */
const MAX_READS = 5;
const READ_LIMIT = 100;

/**
 * Creates the response to `GET /v1/jobs`: the jobs of one project, newest first. For each job, the list shows the watch
 * of the caller, or the newest watch if the caller has none. The caller may filter the watches by state.
 */
export async function listJobs(
  _params: unknown,
  request: ApiRequest,
  { ledger, configs, defaultUrl, now }: ApiPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const project = request.query.get("project");
  const config = await (project === null ? configs.current() : configs.currentWith("projects", project));
  const query = readListQuery(request.query, caller, config);
  if (query.kind === "problem") return query;
  const links = createLinkOptions(config, defaultUrl);
  try {
    const { watches, next } = await findWatches(query, caller, ledger);
    const jobs = watches.map((watch) => listedJob(watch, links, now()));
    return jsonResponse(200, { jobs, next } satisfies JobList, { vary: "authorization" });
  } catch (error) {
    if (!(error instanceof PageTokenError)) throw error;
    return invalidRequest([{ parameter: "before", detail: "must be the 'next' of a previous page" }]);
  }
}

async function findWatches(
  { project, states, limit, before }: ListQuery,
  caller: Caller,
  ledger: ApiPorts["ledger"],
): Promise<WatchPage> {
  const watches: Watch[] = [];
  let next = before;
  for (let read = 0; read < MAX_READS; read += 1) {
    const page = await ledger.listRecentWatches(project, {
      limit: states === null ? limit : READ_LIMIT,
      before: next,
    });
    const matching = page.watches.filter(({ state }) => states?.includes(state) ?? true);
    // The check whether a watch is visible may cost a read, so the loop checks only as many watches as the page needs.
    for (let i = 0; i < matching.length; ) {
      const slice = matching.slice(i, i + limit - watches.length);
      watches.push(...(await selectVisibleWatches(slice, caller.name, ledger)));
      i += slice.length;
      const last = slice.at(-1);
      if (watches.length < limit || last === undefined) continue;
      return { watches, next: last === page.watches.at(-1) ? page.next : toPageToken(last) };
    }
    next = page.next;
    if (next === null || states === null) break;
  }
  return { watches, next };
}

function listedJob(watch: Watch, links: LinkOptions, now: Instant): ListedJob {
  const { project, jobId, state, phase, jobType, resourceName, acceptedAt, concludedAt } = watch;
  return {
    project,
    jobId,
    state,
    done: state !== "watching",
    phase,
    type: jobType,
    resourceName,
    polls: countPollsMade(watch),
    acceptedAt: toIso(acceptedAt),
    concludedAt: toIsoOrNull(concludedAt),
    statusUrl: statusUrl(links.publicUrl, watch),
    pageUrl: pageUrl(links, watch, now),
    ready: state === "watching" ? pendingReady(watch.ready) : undefined,
  };
}
