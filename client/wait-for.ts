import type { StatusDocument } from "../lib/api/status-document.ts";
import type { WatchKey } from "../lib/domain/job.ts";
import type { Waiting } from "./arguments.ts";
import type { NotifierClient } from "./client.ts";
import type { ProblemError } from "./errors.ts";
import { EXIT, type ExitCode, exitCodeOf, worstOf } from "./exit-code.ts";
import { createFailures, type Failures, inTurn } from "./failures.ts";
import { follow } from "./follow.ts";
import type { Screen } from "./screen.ts";
import { nameOf, reasonLines, statusLine } from "./words.ts";

export interface WaitPorts {
  readonly client: NotifierClient;
  readonly screen: Screen;
  /** Whether somebody polls on: then news shall come every few seconds. */
  readonly live: boolean;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

export interface Waited {
  /** How each stands, by its name, as far as that is known. */
  readonly statuses: ReadonlyMap<string, StatusDocument>;
  /** Why it is not known of the others. */
  readonly failures: Failures;
  readonly code: ExitCode;
}

const LIVE_HOLD_SECONDS = 5;
const HOLD_SECONDS = 25;

/** Shows how jobs stand, once or until all have ended, and why those failed that did. */
export async function waitFor(
  watches: readonly WatchKey[],
  { wait, timeoutMs }: Omit<Waiting, "json">,
  ports: WaitPorts,
): Promise<Waited> {
  const { client, screen, live } = ports;
  const statuses = new Map<string, StatusDocument>();
  const failures = createFailures(screen);
  const onStatus = (status: StatusDocument) => {
    const name = nameOf(status);
    if (statuses.get(name)?.done) return;
    statuses.set(name, status);
    screen.show(name, statusLine(status));
  };
  const onRefused = (watch: WatchKey, error: ProblemError) => failures.refused(nameOf(watch), error);
  const distinct = [...new Map(watches.map((watch) => [nameOf(watch), watch])).values()];
  const leftOver = () =>
    distinct.map(nameOf).filter((name) => !statuses.get(name)?.done && !failures.has(name));

  async function followAll(): Promise<boolean> {
    const limits = { timeoutMs, longestVisibilitySeconds: live ? LIVE_HOLD_SECONDS : HOLD_SECONDS };
    try {
      return await follow(distinct, limits, { ...ports, onStatus, onRefused });
    } catch (error) {
      failures.broken(leftOver(), error);
      return true;
    }
  }
  async function readAll(): Promise<true> {
    await inTurn(distinct, nameOf, async (watch) => onStatus(await client.status(watch)), failures);
    return true;
  }
  const isInTime = wait ? await followAll() : await readAll();

  const explained = [...statuses.values()].flatMap((status) => {
    const lines = reasonLines(status);
    return lines.length === 0 ? [] : [`${nameOf(status)}:`, ...lines];
  });
  if (explained.length > 0) screen.print(explained);
  if (!isInTime) screen.complain([gaveUp(timeoutMs, leftOver().length)]);
  const code = exitCodeOf([...statuses.values()].map(({ state }) => state));
  const codeInTime = !isInTime && code === EXIT.succeeded ? EXIT.undecided : code;
  return { statuses, failures, code: worstOf([codeInTime, failures.code()]) };
}

function gaveUp(timeoutMs: number, jobs: number): string {
  const left = jobs === 1 ? "1 job has not ended" : `${jobs} jobs have not ended`;
  return `waited ${timeoutMs / 1000} s and no longer: ${left}, and the service goes on watching`;
}
