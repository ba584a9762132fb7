import type { StatusDocument } from "../lib/api/status-document.ts";
import type { WatchKey } from "../lib/domain/job.ts";
import type { NotifierClient } from "./client.ts";
import { ProblemError } from "./errors.ts";
import type { Screen } from "./screen.ts";
import { nameOf } from "./words.ts";

export interface TakeUpPorts {
  readonly client: Pick<NotifierClient, "status" | "stop">;
  readonly screen: Pick<Screen, "print" | "complain">;
}

/**
 * Makes watches new: stops those that run, or ended without the job's own outcome, so that `handOver` starts them
 * from the beginning. One of which nobody knows is new anyway; a job that has succeeded or failed stays told.
 * Should the handing over fail, it says what is no longer watched.
 */
export async function takeUp<T>(
  watches: readonly WatchKey[],
  { client, screen }: TakeUpPorts,
  handOver: () => Promise<T>,
): Promise<T> {
  const stopped: string[] = [];
  try {
    for (const watch of watches) {
      const state = await stateOf(watch, client);
      if (state === "succeeded" || state === "failed")
        screen.print([`${nameOf(watch)}: has ${state}, which is not watched again`]);
      else if (state !== "unknown" && state !== "stopped") {
        await client.stop(watch);
        stopped.push(nameOf(watch));
      }
    }
    return await handOver();
  } catch (error) {
    if (stopped.length > 0)
      screen.complain(["no longer watched, until they are handed over once more:", ...stopped]);
    throw error;
  }
}

async function stateOf(
  watch: WatchKey,
  client: TakeUpPorts["client"],
): Promise<StatusDocument["state"] | "unknown"> {
  try {
    return (await client.status(watch)).state;
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 404) return "unknown";
    throw error;
  }
}
