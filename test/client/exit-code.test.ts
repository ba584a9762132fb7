import { ProblemError, TokenError, UnreachableError } from "../../client/errors.ts";
import {
  EXIT,
  type ExitCode,
  exitCodeOfError,
  exitCodeOfStatuses,
  worstExitCode,
} from "../../client/exit-code.ts";
import { UsageError } from "../../client/option-values.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import { WATCH_STATES } from "../../lib/domain/job.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };

/** The exit code of each state of a watch, without failed deliveries. */
const CODES: Readonly<Record<(typeof WATCH_STATES)[number], ExitCode>> = {
  watching: EXIT.succeeded,
  succeeded: EXIT.succeeded,
  failed: EXIT.failed,
  not_ready: EXIT.failed,
  timed_out: EXIT.undecided,
  lost: EXIT.undecided,
  stopped: EXIT.undecided,
};
const statusOf = (state: (typeof WATCH_STATES)[number]) => ({
  ...StatusDocument.parse(schemaExamples.StatusDocument),
  deliveries: [],
  state,
});

test.each(WATCH_STATES)("the exit code of a job with the state '%s' is the documented one", (state) => {
  expect(exitCodeOfStatuses([statusOf(state)])).toBe(CODES[state]);
});

test("a job that succeeded with a failed delivery has the exit code of a target that was not notified", () => {
  const { deliveries } = StatusDocument.parse(schemaExamples.StatusDocument);
  const [delivery] = deliveries;
  if (delivery === undefined) throw new Error("the example has no delivery");
  const withDelivery = (state: "delivered" | "exhausted", job: "succeeded" | "failed") =>
    exitCodeOfStatuses([{ ...statusOf(job), deliveries: [{ ...delivery, state }] }]);
  expect(withDelivery("delivered", "succeeded")).toBe(EXIT.succeeded);
  expect(withDelivery("exhausted", "succeeded")).toBe(EXIT.notNotified);
  expect(withDelivery("exhausted", "failed")).toBe(EXIT.failed);
});

const problem = (status: number) =>
  new ProblemError({ type: "about:blank", title: "-", status, detail: "-" });

test.each<readonly [unknown, ExitCode]>([
  [new UsageError("-"), EXIT.usage],
  [new TokenError("-"), EXIT.usage],
  [new UnreachableError("-"), EXIT.unreachable],
  [new TypeError("-"), EXIT.unreachable],
  [{ problem: { status: 400 } }, EXIT.unreachable],
  ...[400, 409, 413, 415, 422].map((status) => [problem(status), EXIT.usage] as const),
  ...[401, 403, 404, 429, 500, 503].map((status) => [problem(status), EXIT.unreachable] as const),
])("an error has the exit code of wrong usage only if the caller can correct it (%#)", (error, code) => {
  expect(exitCodeOfError(error)).toBe(code);
});

test("of two exit codes, the worse one wins in any order", () => {
  const worstFirst = [
    EXIT.unreachable,
    EXIT.usage,
    EXIT.failed,
    EXIT.undecided,
    EXIT.notNotified,
    EXIT.succeeded,
  ];
  expect([...worstFirst].sort()).toEqual(Object.values(EXIT).sort());
  for (const [i, worse] of worstFirst.entries())
    for (const better of worstFirst.slice(i)) {
      expect(worstExitCode([better, worse])).toBe(worse);
      expect(worstExitCode([worse, better])).toBe(worse);
    }
  expect(worstExitCode([])).toBe(EXIT.succeeded);
});
