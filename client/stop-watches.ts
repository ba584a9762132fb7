import type { JobKey } from "../lib/domain/job.ts";
import { CallResults } from "./call-results.ts";
import type { CommandResult } from "./command.ts";
import { jobName } from "./status-text.ts";
import type { WaitPorts } from "./wait-for-jobs.ts";

/** Stops watches. The outcome of an ended watch does not change. */
export async function stopWatches(
  watches: readonly JobKey[],
  { client, screen }: Pick<WaitPorts, "client" | "screen">,
): Promise<CommandResult> {
  const results = new CallResults(screen);
  await results.callEach(watches, jobName, async (watch) => {
    await client.stop(watch);
    screen.print([`${jobName(watch)}: no longer watched`]);
  });
  const jobs = watches.map((watch) => ({ ...watch, ...results.errorField(jobName(watch)) }));
  return { document: { jobs }, code: results.exitCode() };
}
