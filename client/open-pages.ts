import type { JobKey } from "../lib/domain/job.ts";
import { CallResults } from "./call-results.ts";
import type { NotifierClient } from "./client.ts";
import type { CommandResult } from "./commands.ts";
import { EXIT, worstExitCode } from "./exit-code.ts";
import { jobName } from "./status-text.ts";
import type { WaitPorts } from "./wait-for-jobs.ts";

export interface OpenPorts extends Pick<WaitPorts, "client" | "screen" | "terminal"> {
  /** Opens a URL in the browser. Returns false if no browser can be started. */
  readonly openBrowser: (url: string) => Promise<boolean>;
}

/** Prints the URL of the web page of each job. On a terminal, the function also opens the pages in the browser. */
export async function openPages(
  watches: readonly JobKey[],
  { client, screen, terminal, openBrowser }: OpenPorts,
): Promise<CommandResult> {
  const results = new CallResults<{ readonly pageUrl: string | null }>(screen);
  await results.callEach(watches, jobName, async (watch) => {
    const pageUrl = await findPageUrl(watch, client);
    results.values.set(jobName(watch), { pageUrl });
    if (pageUrl === null)
      screen.printError([
        `${jobName(watch)}: the service makes no links to pages. The operator can configure settings.linkKeys.`,
      ]);
    else {
      screen.print([pageUrl]);
      if (terminal !== null && !(await openBrowser(pageUrl)))
        screen.printError(["no browser was found. Open the printed URL in a browser."]);
    }
  });
  const jobs = watches.map((watch) => ({
    ...watch,
    ...results.values.get(jobName(watch)),
    ...results.errorField(jobName(watch)),
  }));
  const hasPages = [...results.values.values()].every(({ pageUrl }) => pageUrl !== null);
  const code = worstExitCode([hasPages ? EXIT.succeeded : EXIT.failed, results.exitCode()]);
  return { document: { jobs }, code };
}

/** Only the list of jobs contains the URL of the page. The time of the submission finds the job in the list at once. */
async function findPageUrl(
  watch: JobKey,
  client: Pick<NotifierClient, "status" | "list">,
): Promise<string | null> {
  const { project, jobId, acceptedAt } = await client.status(watch);
  const { jobs } = await client.list([
    ["project", project],
    ["since", acceptedAt],
    ["to", acceptedAt],
    ["limit", String(MAX_SAME_TIME)],
  ]);
  return jobs.find((job) => job.jobId === jobId)?.pageUrl ?? null;
}

/** One request submits up to 100 jobs at the same time. */
const MAX_SAME_TIME = 100;
