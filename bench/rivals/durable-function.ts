import { withDurableExecution } from "@aws/durable-execution-sdk-js";
import { queryAndNotify } from "./query-job.ts";

const FIRST_SECONDS = 150;
const INTERVAL_SECONDS = 20;

/** A Lambda durable function that polls one job until its end. */
export const handler = withDurableExecution(async ({ jobId }: { readonly jobId: string }, context) => {
  await context.wait({ seconds: FIRST_SECONDS });
  for (let poll = 1; ; poll += 1) {
    if (await context.step(`poll-${poll}`, () => queryAndNotify(jobId))) return poll;
    await context.wait({ seconds: INTERVAL_SECONDS });
  }
});
