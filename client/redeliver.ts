import type { RedeliveryResult } from "../lib/api/redelivery.ts";
import type { Command } from "./arguments.ts";
import type { NotifierClient } from "./client.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { Screen } from "./screen.ts";
import { nameOf, plain } from "./words.ts";

/** Tells targets an outcome again. */
export async function redeliver(
  { watch, targets }: Extract<Command, { kind: "redeliver" }>,
  { client, screen }: { readonly client: Pick<NotifierClient, "redeliver">; readonly screen: Screen },
): Promise<{ readonly document: RedeliveryResult; readonly code: ExitCode }> {
  const document = await client.redeliver(watch, targets);
  const told = document.targets.map(({ target }) => target);
  const whom =
    told.length === 0 ? "nobody: no target of this watch hears of such an outcome" : told.join(", ");
  screen.print([plain(`${nameOf(watch)}: told again to ${whom}`)]);
  return { document, code: EXIT.succeeded };
}
