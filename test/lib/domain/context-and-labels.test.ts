import { Context, truncateContextForEvent } from "../../../lib/domain/context-and-labels.ts";

const isAccepted = (context: object) => Context.safeParse(context).success;
const labels = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`label-${i}`, "x"]));

describe("the context of a caller", () => {
  it.each<[string, object, object]>([
    ["20 labels", { labels: labels(20) }, { labels: labels(21) }],
    [
      "a label name of 63 characters",
      { labels: { ["n".repeat(63)]: "" } },
      { labels: { ["n".repeat(64)]: "" } },
    ],
    ["a label name of one character", { labels: { n: "" } }, { labels: { "": "" } }],
    ["a label of 200 characters", { labels: { a: "é".repeat(200) } }, { labels: { a: "é".repeat(201) } }],
    ["an actor of 200 characters", { actor: "é".repeat(200) }, { actor: "é".repeat(201) }],
    ["a pipeline of 200 characters", { pipeline: "p".repeat(200) }, { pipeline: "p".repeat(201) }],
    ["a commit of 100 characters", { commit: "c".repeat(100) }, { commit: "c".repeat(101) }],
    [
      "a run URL of 1000 characters",
      { runUrl: "https://ci.example.com/".padEnd(1000, "x") },
      { runUrl: "https://ci.example.com/".padEnd(1001, "x") },
    ],
  ])("has at most %s", (_, accepted, refused) => {
    expect([isAccepted(accepted), isAccepted(refused)]).toEqual([true, false]);
  });

  it.each(["http://ci", "HTTPS://ci.example.com/1", "https://ci.example.com/ä b"])(
    "may have the run URL %s",
    (runUrl) => {
      expect(isAccepted({ runUrl })).toBe(true);
    },
  );

  it.each(["", "ci.example.com", "ftp://ci", "javascript://ci", " https://ci", "https://", "xhttps://ci"])(
    "may not have the run URL %j",
    (runUrl) => {
      expect(isAccepted({ runUrl })).toBe(false);
    },
  );

  it.each([
    [{ runUrl: "ftp://ci" }, "must be an http or https URL"],
    [{ runUrl: "https://" }, "must be an http or https URL"],
    [{ labels: labels(21) }, "at most 20 labels"],
  ])("that is not valid has one fault: %j", (context, fault) => {
    expect(Context.safeParse(context).error?.issues.map(({ message }) => message)).toEqual([fault]);
  });

  it("may be empty and has no other fields", () => {
    expect(isAccepted({})).toBe(true);
    expect(isAccepted({ other: "x" })).toBe(false);
  });
});

describe("the context in an event", () => {
  const bytesOf = (text: string | undefined) => Buffer.byteLength(JSON.stringify(text)) - 2;

  it("is unchanged if it fits", () => {
    const context = { actor: "a", pipeline: "p", runUrl: "https://ci/1", commit: "c", labels: { team: "x" } };
    expect(truncateContextForEvent(context)).toEqual({ context, omittedLabels: 0 });
    expect(truncateContextForEvent({})).toEqual({ context: {}, omittedLabels: 0 });
  });

  it.each(["actor", "pipeline", "commit"] as const)("has at most 600 bytes of the field %s", (field) => {
    const { context } = truncateContextForEvent({ [field]: "\u0001".repeat(101) });
    expect(context[field]).toBe(`${"\u0001".repeat(99)}…`);
    expect(bytesOf(context[field])).toBeLessThanOrEqual(600);
    const longest = "\u0001".repeat(100);
    expect(truncateContextForEvent({ [field]: longest }).context[field]).toBe(longest);
  });

  it("has no half of a surrogate pair", () => {
    const { context } = truncateContextForEvent({
      runUrl: "https://ci/\ud83d",
      labels: { "a\ud83d": "b\ud83d" },
    });
    expect(context).toEqual({ runUrl: "https://ci/\ufffd", labels: { "a\ufffd": "b\ufffd" } });
  });

  it("omits each label that does not fit into 6000 bytes, and keeps smaller labels after it", () => {
    const large = "\u0001".repeat(200);
    const entries = ["a", "b", "c", "d", "e"].map((name) => [name, large] as const);
    const { context, omittedLabels } = truncateContextForEvent({
      labels: { ...Object.fromEntries(entries), small: "x" },
    });
    expect(Object.keys(context.labels ?? {})).toEqual(["a", "b", "c", "d", "small"]);
    expect(omittedLabels).toBe(1);
  });
});
