import type { TestResult } from "../lib/api/status-document.ts";
import { CallResults } from "./call-results.ts";
import type { CommandOf, CommandResult } from "./command.ts";
import { EXIT, worstExitCode } from "./exit-code.ts";
import { receiverAnswerTexts } from "./status-text.ts";
import type { WaitPorts } from "./wait-for-jobs.ts";

const TEST_TEXTS: Readonly<Record<TestResult["verdict"], string>> = {
  delivered: "delivered",
  retry: "not delivered now, a notification would be sent again",
  rejected: "rejected",
  gone: "the target is gone",
};

/**
 * Sends one real test message to each target. The function prints the result for one target before it sends the test
 * message to the next target.
 */
export async function testTargets(
  { targets: names }: CommandOf<"test">,
  { client, screen }: Pick<WaitPorts, "client" | "screen">,
): Promise<CommandResult> {
  const results = new CallResults<TestResult>(screen);
  const distinct = [...new Set(names)];
  const nameOf = (name: string) => name;
  await results.callEach(distinct, nameOf, async (name) => {
    const result = await client.test(name);
    results.values.set(name, result);
    const mark = result.verdict === "delivered" ? "✔" : "✖";
    const verdict = TEST_TEXTS[result.verdict];
    screen.print([
      `${mark} ${name}: ${verdict} (${receiverAnswerTexts(result.reason, result.status).join(", ")})`,
    ]);
  });
  const targets = distinct.map((target) => ({
    target,
    ...results.values.get(target),
    ...results.errorField(target),
  }));
  const isDelivered = [...results.values.values()].every(({ verdict }) => verdict === "delivered");
  return {
    document: { targets },
    code: worstExitCode([isDelivered ? EXIT.succeeded : EXIT.failed, results.exitCode()]),
  };
}
