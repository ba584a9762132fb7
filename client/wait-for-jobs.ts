import type { StatusDocument } from "../lib/api/status-document.ts";
import type { JobKey } from "../lib/domain/job.ts";
import type { WaitOptions } from "./arguments.ts";
import { CallResults } from "./call-results.ts";
import type { NotifierClient } from "./client.ts";
import { EXIT, type ExitCode, exitCodeOfStates, worstExitCode } from "./exit-code.ts";
import { followWatches } from "./follow-watches.ts";
import type { Screen } from "./screen.ts";
import { jobName, reasonLines, statusLine } from "./status-text.ts";

export interface WaitPorts {
  readonly client: NotifierClient;
  readonly screen: Screen;
  /** Returns the time of a clock that is never set back, in milliseconds. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/**
 * Prints the status of jobs, once or until all jobs have ended. After the last job has ended, the function prints why
 * jobs failed.
 */
export async function waitForJobs(
  watches: readonly JobKey[],
  { wait, timeoutMs }: WaitOptions,
  ports: WaitPorts,
): Promise<{ readonly results: CallResults<StatusDocument>; readonly code: ExitCode }> {
  const { client, screen } = ports;
  const results = new CallResults<StatusDocument>(screen);
  const onStatus = (status: StatusDocument) => {
    const name = jobName(status);
    if (results.values.get(name)?.done) return;
    results.values.set(name, status);
    screen.show(name, statusLine(status));
  };
  const distinct = [...new Map(watches.map((watch) => [jobName(watch), watch])).values()];
  const unfinished = () =>
    distinct.map(jobName).filter((name) => !results.values.get(name)?.done && !results.hasError(name));

  let isInTime = true;
  if (!wait) await results.callEach(distinct, jobName, async (watch) => onStatus(await client.status(watch)));
  else
    try {
      isInTime = await followWatches(distinct, {
        ...ports,
        timeoutMs,
        onStatus,
        onRefused: (watch, error) => results.addRefusal(jobName(watch), error),
      });
    } catch (error) {
      results.addOutage(unfinished(), error);
    }

  const statuses = [...results.values.values()];
  for (const status of statuses) {
    const lines = reasonLines(status);
    if (lines.length > 0) screen.print([`${jobName(status)}:`, ...lines]);
  }
  if (!isInTime) screen.printError([timeoutText(timeoutMs, unfinished().length)]);
  const code = exitCodeOfStates(statuses.map(({ state }) => state));
  const codeInTime = !isInTime && code === EXIT.succeeded ? EXIT.undecided : code;
  return { results, code: worstExitCode([codeInTime, results.exitCode()]) };
}

function timeoutText(timeoutMs: number, jobs: number): string {
  const unfinished = jobs === 1 ? "1 job has not ended" : `${jobs} jobs have not ended`;
  return `${unfinished} after ${timeoutMs / 1000} s. The service continues to watch.`;
}
