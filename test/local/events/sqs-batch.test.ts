import { readBatchResult } from "../../../local/events/sqs-batch.ts";

const result = (value: unknown) => ({ kind: "result", result: value }) as const;
const failures = (...ids: unknown[]) => ({ batchItemFailures: ids.map((id) => ({ itemIdentifier: id })) });

describe("readBatchResult", () => {
  test.each([
    ["null", null, ["a", "b"]],
    ["an empty object", {}, ["a", "b"]],
    ["no failures", failures(), ["a", "b"]],
    ["null failures", { batchItemFailures: null }, ["a", "b"]],
    ["one failure", failures("a"), ["b"]],
    ["the same failure twice", failures("a", "a"), ["b"]],
    ["all failed", failures("b", "a"), []],
  ])("returns the done messages for %s", (_, answer, done) => {
    expect(readBatchResult(["a", "b"], result(answer))).toEqual({ kind: "handled", done: new Set(done) });
  });

  test.each([
    ["a string", "done"],
    ["an empty identifier", failures("")],
    ["a null identifier", failures(null)],
    ["a wrong key", { batchItemFailures: [{ messageId: "a" }] }],
    ["failures that are not an array", { batchItemFailures: "a" }],
    ["a message of another batch", failures("a", "c")],
  ])("fails the whole batch for %s", (_, answer) => {
    expect(readBatchResult(["a", "b"], result(answer))).toMatchObject({ kind: "failed" });
  });

  it("fails the whole batch for an error, and names the error", () => {
    const error = { errorType: "TypeError", errorMessage: "no", trace: [] };
    expect(readBatchResult(["a"], { kind: "error", error })).toEqual({
      kind: "failed",
      cause: "TypeError: no",
    });
  });
});
