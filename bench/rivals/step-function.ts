import { queryAndNotify } from "./query-job.ts";

/** The function that the state machine `step-function.json` invokes for each poll. */
export const handler = async ({ jobId }: { readonly jobId: string }) => ({
  jobId,
  isOver: await queryAndNotify(jobId),
});
