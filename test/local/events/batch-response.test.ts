import { settleBatch } from "../../../local/events/batch-response.ts";

const result = (value: unknown) => ({ kind: "result", result: value }) as const;
const failures = (...ids: unknown[]) => ({ batchItemFailures: ids.map((id) => ({ itemIdentifier: id })) });

describe("settleBatch", () => {
  test.each([
    ["null", null, ["a", "b"]],
    ["an empty object", {}, ["a", "b"]],
    ["no failures", failures(), ["a", "b"]],
    ["null failures", { batchItemFailures: null }, ["a", "b"]],
    ["one failure", failures("a"), ["b"]],
    ["the same failure twice", failures("a", "a"), ["b"]],
    ["all failed", failures("b", "a"), []],
  ])("deletes what is done: %s", (_, answer, done) => {
    expect(settleBatch(["a", "b"], result(answer))).toEqual({ kind: "settled", done: new Set(done) });
  });

  test.each([
    ["a text", "done"],
    ["an empty identifier", failures("")],
    ["a null identifier", failures(null)],
    ["a wrong key", { batchItemFailures: [{ messageId: "a" }] }],
    ["no list", { batchItemFailures: "a" }],
    ["a message of another batch", failures("a", "c")],
  ])("deletes nothing after %s", (_, answer) => {
    expect(settleBatch(["a", "b"], result(answer))).toMatchObject({ kind: "failed" });
  });

  it("deletes nothing after a failure, and says which", () => {
    const error = { errorType: "TypeError", errorMessage: "no", trace: [] };
    expect(settleBatch(["a"], { kind: "error", error })).toEqual({ kind: "failed", why: "TypeError: no" });
  });
});
