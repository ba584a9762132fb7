import type { JobKey } from "../lib/domain/job.ts";
import { CallResults } from "./call-results.ts";
import type { CommandResult } from "./command.ts";
import { EXIT, worstExitCode } from "./exit-code.ts";
import { jobName } from "./status-text.ts";
import { readPageUrls, type WaitPorts } from "./wait-for-jobs.ts";

export interface OpenPorts extends Pick<WaitPorts, "client" | "screen" | "terminal"> {
  /** Opens a URL in the browser, or returns false if no browser can be started. */
  readonly openBrowser: (url: string) => Promise<boolean>;
}

/** Prints the URL of each job's web page. On a terminal, the function also opens the web pages in the browser. */
export async function printAndOpenPages(
  watches: readonly JobKey[],
  { client, screen, terminal, openBrowser }: OpenPorts,
): Promise<CommandResult> {
  const results = new CallResults<{ readonly pageUrl: string | null }>(screen);
  await results.callEach(watches, jobName, async (watch) => {
    const pageUrl = (await readPageUrls([await client.status(watch)], client)).get(jobName(watch)) ?? null;
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
