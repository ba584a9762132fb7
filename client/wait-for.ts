import type { WatchKey } from "../lib/job.ts";
import type { StatusDocument } from "../lib/status.ts";
import type { Waiting } from "./arguments.ts";
import type { NotifierClient } from "./client.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-code.ts";
import { follow } from "./follow.ts";
import type { Screen } from "./screen.ts";
import { reasonLines, statusLine } from "./words.ts";

export interface WaitPorts {
  readonly client: NotifierClient;
  readonly screen: Screen;
  /** Whether somebody looks on: then news shall come every few seconds. */
  readonly live: boolean;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

export interface Waited {
  /** In the order asked. */
  readonly statuses: readonly StatusDocument[];
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
  const latest = new Map<string, StatusDocument>();
  const onStatus = (status: StatusDocument) => {
    const name = nameOf(status);
    if (latest.get(name)?.done) return;
    latest.set(name, status);
    ports.screen.show(name, statusLine(status));
  };
  const distinct = [...new Map(watches.map((watch) => [nameOf(watch), watch])).values()];
  const longestHoldSeconds = ports.live ? LIVE_HOLD_SECONDS : HOLD_SECONDS;
  const ended = wait
    ? await follow(distinct, { timeoutMs, longestHoldSeconds }, { ...ports, onStatus })
    : await readOnce(distinct, ports.client, onStatus);
  const statuses = watches.flatMap((watch) => latest.get(nameOf(watch)) ?? []);
  const explained = [...latest.values()].flatMap((status) => {
    const lines = reasonLines(status);
    return lines.length === 0 ? [] : [`${status.project}/${status.jobId}:`, ...lines];
  });
  if (explained.length > 0) ports.screen.print(explained);
  const code = exitCodeOf(statuses.map(({ state }) => state));
  return { statuses, code: !ended && code === EXIT.succeeded ? EXIT.undecided : code };
}

async function readOnce(
  watches: readonly WatchKey[],
  client: NotifierClient,
  onStatus: (status: StatusDocument) => void,
): Promise<true> {
  for (const watch of watches) onStatus(await client.status(watch));
  return true;
}

function nameOf({ project, jobId }: WatchKey): string {
  return `${project}/${jobId}`;
}
