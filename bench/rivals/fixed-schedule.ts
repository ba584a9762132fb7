import { setTimeout as wait } from "node:timers/promises";
import { queryAndNotify } from "./query-job.ts";

/**
 * A process that polls one job at fixed intervals, like the cloud's Terraform provider. The bench compares the process
 * with this service.
 */
export const handler = async ({
  jobId,
  firstSeconds = 150,
  intervalSeconds = 20,
}: {
  readonly jobId: string;
  readonly firstSeconds?: number;
  readonly intervalSeconds?: number;
}) => {
  await wait(firstSeconds * 1000);
  while (!(await queryAndNotify(jobId))) await wait(intervalSeconds * 1000);
};
