import * as z from "zod/mini";
import { TestResult } from "../lib/api/delivery-document.ts";
import { RedeliveryResult } from "../lib/api/redelivery.ts";
import { StatusDocument } from "../lib/api/status-document.ts";
import type { Submission } from "../lib/api/submission.ts";
import { SubmissionResult } from "../lib/api/submission-result.ts";
import type { WatchKey } from "../lib/domain/job.ts";
import { type Connection, request } from "./request.ts";

/**
 * The service as a program calls it. Every call is made again where that is harmless, waits as long as the service
 * asks it to, and throws a `ProblemError` or an `UnreachableError` when it has not succeeded.
 */
export interface NotifierClient {
  /** Hands jobs over to be watched; asking again is harmless. */
  watch(submission: Submission): Promise<SubmissionResult>;
  /** Hands over the reply of a CCE create or delete call as it came; `query` says the rest (`project`, `notify`, …). */
  watchReply(reply: string, query?: Readonly<Record<string, string>>): Promise<SubmissionResult>;
  /** How a job stands. With `waitSeconds` (1 to 25) the answer is held until it has ended, or so long. */
  status(watch: WatchKey, waitSeconds?: number): Promise<StatusDocument>;
  /** Stops watching: nobody will be told. */
  stop(watch: WatchKey): Promise<void>;
  /** Tells the outcome again, to these targets or to all that it was meant for. */
  redeliver(watch: WatchKey, targets?: readonly string[]): Promise<RedeliveryResult>;
  /** One real attempt at a target. */
  test(target: string): Promise<TestResult>;
}

export function createClient(connection: Connection): NotifierClient {
  const pathOf = ({ project, jobId }: WatchKey) =>
    `/v1/jobs/${encodeURIComponent(project)}/${encodeURIComponent(jobId)}`;
  return {
    watch: (submission) =>
      request(
        connection,
        { method: "POST", path: "/v1/jobs", body: submission, repeatable: true },
        SubmissionResult,
      ),
    watchReply(reply, query = {}) {
      const path = `/v1/jobs?${new URLSearchParams({ from: "cce", ...query })}`;
      return request(connection, { method: "POST", path, body: reply, repeatable: true }, SubmissionResult);
    },
    status(watch, waitSeconds = 0) {
      const path = `${pathOf(watch)}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ""}`;
      const call = { method: "GET", path, repeatable: true, holdSeconds: waitSeconds } as const;
      return request(connection, call, StatusDocument);
    },
    async stop(watch) {
      await request(connection, { method: "DELETE", path: pathOf(watch), repeatable: true }, z.null());
    },
    redeliver(watch, targets) {
      const body = targets === undefined ? {} : { targets };
      const path = `${pathOf(watch)}/redeliver`;
      return request(connection, { method: "POST", path, body, repeatable: false }, RedeliveryResult);
    },
    test(target) {
      const path = `/v1/targets/${encodeURIComponent(target)}/test`;
      return request(connection, { method: "POST", path, repeatable: false }, TestResult);
    },
  };
}
