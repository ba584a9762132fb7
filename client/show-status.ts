import type { JobKey } from "../lib/domain/job.ts";
import type { CommandOf, CommandResult } from "./command.ts";
import { addDefaultProjects } from "./default-project.ts";
import { formatJobCount, formatStatusLine, jobName } from "./status-text.ts";
import {
  readAndPrintJobs,
  readPageUrls,
  runWithProgress,
  type WaitPorts,
  waitForJobsAndDeliveries,
} from "./wait-for-jobs.ts";

/** Prints the status of jobs, once or until all jobs have ended. */
export async function showStatus(
  { wait, timeoutMs, ...command }: CommandOf<"status">,
  ports: WaitPorts,
): Promise<CommandResult> {
  const show = async (watches: readonly JobKey[]) => {
    const { screen, now } = ports;
    if (wait)
      return runWithProgress(`reading ${formatJobCount(watches)}`, ports, (progress) =>
        waitForJobsAndDeliveries(
          watches,
          timeoutMs,
          (ended) => readPageUrls(ended, ports.client),
          ports,
          progress,
        ),
      );
    return readAndPrintJobs(watches, ports, (status) => {
      const ageMs = Math.max(0, now() - Date.parse(status.createdAt ?? status.acceptedAt));
      screen.print([formatStatusLine(status, ageMs)]);
    });
  };
  const watches = await addDefaultProjects(command.jobs, ports.client);
  const { results, code } = await show(watches);
  const jobs = watches.map((watch) => {
    const name = jobName(watch);
    return { ...watch, ...results.values.get(name), ...results.errorField(name) };
  });
  return { document: { jobs }, code };
}
