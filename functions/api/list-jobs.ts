import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http.ts";
import type { JobList, ListedJob } from "../../lib/api/job-list.ts";
import { type ListQuery, readListQuery } from "../../lib/api/list-query.ts";
import { type Refusal, refuse } from "../../lib/api/problem.ts";
import type { Caller } from "../../lib/auth/caller.ts";
import { type LinkOptions, pageUrl, statusUrl } from "../../lib/auth/link-keys.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Instant } from "../../lib/domain/job.ts";
import { pageToken } from "../../lib/ledger/page-token.ts";
import { pollsMade, type Watch } from "../../lib/ledger/watch.ts";
import { PageTokenError, type WatchLedger, type WatchPage } from "../../lib/ledger/watch-ledger.ts";

/** The index knows no states, so a filter reads on until it has found enough; but a call reads no more than this. */
const MAX_READS = 5;
const READ_LENGTH = 100;

export interface ListJobsPorts {
  readonly ledger: Pick<WatchLedger, "listRecentWatches">;
  readonly config: Config;
  readonly publicUrl: string;
  readonly now: Instant;
}

/** `GET /v1/jobs`: the watches of one project, newest first, of all states or of some. */
export async function listJobs(
  request: Pick<ApiRequest, "query">,
  caller: Caller,
  { ledger, config, publicUrl, now }: ListJobsPorts,
): Promise<ApiResponse | Refusal> {
  const asked = readListQuery(request.query, caller, config);
  if (asked.kind === "refused") return asked;
  const maker = { ...config.settings, publicUrl, linkKey: config.settings.linkKey };
  try {
    const { watches, next } = await find(asked, ledger);
    const jobs = watches.map((watch) => listed(watch, maker, now));
    return jsonResponse(200, { jobs, next } satisfies JobList, { vary: "authorization" });
  } catch (error) {
    if (!(error instanceof PageTokenError)) throw error;
    return refuse("invalid-parameter", "Each fault is in 'errors'.", [
      { parameter: "before", detail: "is not what this list gave as 'next'" },
    ]);
  }
}

async function find(
  { project, states, limit, before }: ListQuery,
  ledger: ListJobsPorts["ledger"],
): Promise<WatchPage> {
  const watches: Watch[] = [];
  let next = before;
  for (let read = 0; read < MAX_READS; read += 1) {
    const page = await ledger.listRecentWatches(project, {
      limit: states === null ? limit : READ_LENGTH,
      before: next,
    });
    for (const [i, watch] of page.watches.entries()) {
      if (states !== null && !states.includes(watch.state)) continue;
      watches.push(watch);
      const isLast = i === page.watches.length - 1;
      if (watches.length === limit) return { watches, next: isLast ? page.next : pageToken(watch) };
    }
    next = page.next;
    if (next === null || states === null) break;
  }
  return { watches, next };
}

function listed(watch: Watch, maker: LinkOptions, now: Instant): ListedJob {
  const { project, jobId, state, phase, jobType, resourceName, acceptedAt, concludedAt } = watch;
  return {
    project,
    jobId,
    state,
    done: state !== "watching",
    phase,
    type: jobType,
    resourceName,
    polls: pollsMade(watch),
    acceptedAt: new Date(acceptedAt).toISOString(),
    concludedAt: concludedAt === null ? null : new Date(concludedAt).toISOString(),
    statusUrl: statusUrl(maker.publicUrl, watch),
    pageUrl: pageUrl(maker, watch, now),
  };
}
