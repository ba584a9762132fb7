import type { WatchKey } from "../lib/domain/job.ts";
import type { NotifierClient } from "./client.ts";
import type { ExitCode } from "./exit-code.ts";
import { createFailures, inTurn } from "./failures.ts";
import type { Screen } from "./screen.ts";
import { nameOf, plain } from "./words.ts";

/** Stops watching these jobs. One that is over already stays what it is, so all that is told is true of it, too. */
export async function stop(
  watches: readonly WatchKey[],
  { client, screen }: { readonly client: Pick<NotifierClient, "stop">; readonly screen: Screen },
): Promise<{ readonly document: { readonly jobs: readonly object[] }; readonly code: ExitCode }> {
  const failures = createFailures(screen);
  const stopOne = async (watch: WatchKey) => {
    await client.stop(watch);
    screen.print([plain(`${nameOf(watch)}: no longer watched`)]);
  };
  await inTurn(watches, nameOf, stopOne, failures);
  const jobs = watches.map((watch) => ({ ...watch, ...failures.of(nameOf(watch)) }));
  return { document: { jobs }, code: failures.code() };
}
