import type { TestResult } from "../lib/api/delivery-document.ts";
import type { NotifierClient } from "./client.ts";
import { EXIT, type ExitCode, worstOf } from "./exit-code.ts";
import { createFailures, inTurn } from "./failures.ts";
import type { Screen } from "./screen.ts";
import { plain } from "./words.ts";

/** Sends each target one real message, and tells of each what became of it before the next is sent. */
export async function testTargets(
  targets: readonly string[],
  { client, screen }: { readonly client: Pick<NotifierClient, "test">; readonly screen: Screen },
): Promise<{ readonly document: { readonly targets: readonly object[] }; readonly code: ExitCode }> {
  const results = new Map<string, TestResult>();
  const failures = createFailures(screen);
  const test = async (target: string) => {
    const result = await client.test(target);
    results.set(target, result);
    screen.print([line(result)]);
  };
  const distinct = [...new Set(targets)];
  await inTurn(distinct, (target) => target, test, failures);
  const document = {
    targets: distinct.map((target) => ({ target, ...results.get(target), ...failures.of(target) })),
  };
  const isGood = [...results.values()].every(({ verdict }) => verdict === "delivered");
  return { document, code: worstOf([isGood ? EXIT.succeeded : EXIT.failed, failures.code()]) };
}

function line({ target, verdict, status, reason }: TestResult): string {
  return plain(`${target}: ${verdict} (${[status, reason].filter((part) => part !== null).join(", ")})`);
}
