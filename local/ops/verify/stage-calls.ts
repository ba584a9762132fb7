import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { parseJsonOrUndefined } from "../../../lib/domain/json.ts";
import type { VerifyConfig } from "./config-entries.ts";

const PAUSE_MS = 1_000;
const REQUEST_LIMIT_MS = 35_000;
const DELIVERIES_LIMIT_MS = 60_000;

/** The checked stage. */
export interface StageScope {
  readonly api: string;
  readonly config: VerifyConfig;
  /** The IDs of the simulated jobs that the verification has started. */
  readonly startedJobs: Set<string>;
}

/** The fields of a watch's status that the verification reads. */
export const WatchStatus = z.looseObject({
  state: z.string(),
  done: z.boolean(),
  polls: z.int(),
  deliveries: z.array(z.looseObject({ target: z.string(), state: z.string(), attempts: z.int() })),
});
/**
 * Stops the watches that the verification has started. Waits until the notifications of all ended watches are
 * delivered. A notification that is not delivered before its target is removed would become a dead letter.
 */
export async function stopVerifyWatches(scope: StageScope): Promise<void> {
  const { config, startedJobs } = scope;
  const call = createStageCaller(scope);
  const path = (jobId: string) => `/v1/jobs/${config.project}/${jobId}`;
  for (const jobId of startedJobs) await call("DELETE", path(jobId)).catch(() => null);
  const deadline = performance.now() + DELIVERIES_LIMIT_MS;
  for (const jobId of startedJobs)
    while (performance.now() < deadline) {
      const status = WatchStatus.safeParse((await call("GET", path(jobId)).catch(() => null))?.body);
      if (!status.success || status.data.deliveries.every(({ state }) => state !== "pending")) break;
      if (status.data.state === "stopped") break;
      await sleep(PAUSE_MS);
    }
}

/** Returns a function that sends a request to the API of the stage and returns the parsed response. */
export function createStageCaller({ api, config }: Pick<StageScope, "api" | "config">) {
  return async (method: string, path: string, body?: unknown, token = config.token) => {
    const response = await fetch(api + path, {
      method,
      headers: {
        "content-type": "application/json",
        ...(token !== "" && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    return { status: response.status, body: parseJsonOrUndefined(await response.text()) };
  };
}
