import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import { type JobList, type ListedJob, readListQuery } from "../../lib/api/job-list-document.ts";
import type { ProblemResponse } from "../../lib/api/problem.ts";
import { invalidRequest } from "../../lib/api/request-errors.ts";
import type { Caller } from "../../lib/auth/caller.ts";
import { createLinkOptions, type LinkOptions, pageUrl, statusUrl } from "../../lib/auth/link-keys.ts";
import type { Context } from "../../lib/domain/context.ts";
import type { Instant } from "../../lib/domain/job.ts";
import { toPendingReady } from "../../lib/domain/ready.ts";
import { toIso, toIsoOrNull } from "../../lib/domain/time-text.ts";
import { PageTokenError } from "../../lib/ledger/page-token.ts";
import { countPollsMade, type Watch } from "../../lib/ledger/watch.ts";
import type { ApiPorts } from "./api-ports.ts";
import { type FoundJob, findListedJobs, type ListReader } from "./find-listed-jobs.ts";

/**
 * Creates the response to `GET /v1/jobs`: the jobs of one project, newest first. For each job, the list shows the watch
 * of the caller, or the newest watch if the caller has none. Filters find
 * nothing in the context of another caller's watch, because the caller may not see this context.
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
    const { jobs, next } = await findListedJobs(query, readerOf(caller, ledger), ledger);
    const listed = jobs.map((job) => listedJob(job, links, now()));
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

function listedJob({ watch, context }: FoundJob, links: LinkOptions, now: Instant): ListedJob {
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
    polls: countPollsMade(watch),
    acceptedAt: toIso(acceptedAt),
    concludedAt: toIsoOrNull(concludedAt),
    durationSeconds,
    statusUrl: statusUrl(links.publicUrl, watch),
    pageUrl: pageUrl(links, watch, now),
    ready: state === "watching" ? toPendingReady(watch.ready) : undefined,
  };
}
