import { EXIT, type ExitCode, exitCodeOfStatuses, worstExitCode } from "../../client/exit-code.ts";
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
