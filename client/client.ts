import * as z from "zod/mini";
import { JobList, ProjectList, TargetList } from "../lib/api/list-and-health-documents.ts";
import {
  type MissedRedelivery,
  MissedRedeliveryResult,
  RedeliveryResult,
} from "../lib/api/redelivery-request.ts";
import { StatusDocument, TestResult } from "../lib/api/status-document.ts";
import type { Submission } from "../lib/api/submission.ts";
import { SubmissionResult } from "../lib/api/submission-result.ts";
import type { JobKey } from "../lib/domain/job.ts";
import { type Connection, type Reply, requestData, requestReply } from "./request.ts";

/** The name and the value of a URL parameter, such as `["project", "prod"]`. */
export type QueryField = [string, string];

export type NotifierClient = ReturnType<typeof createClient>;

/**
 * Creates a client for the HTTP API of the service. After a failed call, the client repeats the call only if the
 * repetition cannot send a second notification. Every method of the client throws a `ProblemError` if the service
 * refuses the call. Every method throws an `UnreachableError` if the service does not answer. Every method throws a
 * `TokenError` if the caller's token is invalid.
 */
export function createClient(connection: Connection) {
  const pathOf = ({ project, jobId }: JobKey) =>
    `/v1/jobs/${encodeURIComponent(project)}/${encodeURIComponent(jobId)}`;
  const statusReply = (watch: JobKey, waitSeconds: number): Promise<Reply<StatusDocument>> => {
    const path = `${pathOf(watch)}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ""}`;
    return requestReply(connection, { method: "GET", path, repeatable: true, waitSeconds }, StatusDocument);
  };
  return {
    /** Submits jobs to watch. A repeated call with the same jobs starts no second watch. */
    watch(submission: Submission): Promise<SubmissionResult> {
      const call = { method: "POST", path: "/v1/jobs", body: submission, repeatable: true } as const;
      return requestData(connection, call, SubmissionResult);
    },
    /**
     * Submits the unchanged response of a CCE call that creates or deletes a resource. `query` contains URL parameters
     * such as `project`.
     */
    watchReply(reply: string, query: Readonly<Record<string, string>> = {}): Promise<SubmissionResult> {
      const path = `/v1/jobs?${new URLSearchParams({ from: "cce", ...query })}`;
      return requestData(
        connection,
        { method: "POST", path, body: reply, repeatable: true },
        SubmissionResult,
      );
    },
    /**
     * Reads the status of a job. The service can wait with its reply until the watch ends, but at most `waitSeconds`
     * seconds (0 to 25). The service waits only if the next poll of the job is due within this time.
     */
    async status(watch: JobKey, waitSeconds = 0): Promise<StatusDocument> {
      return (await statusReply(watch, waitSeconds)).data;
    },
    /**
     * Reads the status of a job. `retryAfterSeconds` is the number of seconds until the client should read the status
     * again.
     */
    statusReply,
    /**
     * Reads one page of the jobs of a project, newest first. `query` may contain the URL parameter `label` several
     * times.
     */
    list(query: readonly QueryField[] = []): Promise<JobList> {
      const path = `/v1/jobs?${new URLSearchParams([...query])}`;
      return requestData(connection, { method: "GET", path, repeatable: true }, JobList);
    },
    /** Reads the projects that the caller may use. */
    async projects(): Promise<readonly string[]> {
      const call = { method: "GET", path: "/v1/projects", repeatable: true } as const;
      return (await requestData(connection, call, ProjectList)).projects.map(({ name }) => name);
    },
    /** Reads the targets that the caller may use. */
    async targets(): Promise<readonly string[]> {
      const call = { method: "GET", path: "/v1/targets", repeatable: true } as const;
      return (await requestData(connection, call, TargetList)).targets.map(({ name }) => name);
    },
    /** Stops a watch. The service sends no notification about a watch that was stopped. */
    async stop(watch: JobKey): Promise<void> {
      await requestData(connection, { method: "DELETE", path: pathOf(watch), repeatable: true }, z.null());
    },
    /**
     * Sends the outcome of a watch again, to the given targets. If no targets are given, all targets of the watch get
     * the outcome again.
     */
    redeliver(watch: JobKey, targets?: readonly string[]): Promise<RedeliveryResult> {
      const path = `${pathOf(watch)}/redeliver`;
      return requestData(
        connection,
        { method: "POST", path, body: { targets }, repeatable: false },
        RedeliveryResult,
      );
    },
    /**
     * Sends a target the notifications that it has missed since the time `since` (ISO 8601).
     * @param before the value of `next` from the previous call, or null for the first call
     */
    redeliverMissed(
      target: string,
      body: MissedRedelivery,
      before: string | null = null,
    ): Promise<MissedRedeliveryResult> {
      const query = before === null ? "" : `?${new URLSearchParams({ before })}`;
      const path = `/v1/targets/${encodeURIComponent(target)}/redeliver${query}`;
      // The client may repeat this call: if a notification is already in the queue, the service does not add it a
      // second time.
      return requestData(
        connection,
        { method: "POST", path, body, repeatable: true },
        MissedRedeliveryResult,
      );
    },
    /** Sends one real test message to a target. */
    test(target: string): Promise<TestResult> {
      const path = `/v1/targets/${encodeURIComponent(target)}/test`;
      return requestData(connection, { method: "POST", path, repeatable: false }, TestResult);
    },
  };
}
