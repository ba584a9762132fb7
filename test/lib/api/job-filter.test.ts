import {
  filterNeedsContext,
  isAnyFilterFieldGiven,
  type JobFilter,
  matchesFieldsOfContext,
  matchesFieldsWithoutContext,
  readJobFilterAndErrors,
} from "../../../lib/api/job-filter.ts";
import type { Watch } from "../../../lib/ledger/watch.ts";

const read = (query: string) => {
  const { filter, errors } = readJobFilterAndErrors(new URLSearchParams(query));
  return { filter, errors: errors.map(({ parameter, detail }) => `${parameter}: ${detail}`) };
};
const NONE: JobFilter = {
  states: null,
  type: null,
  labels: [],
  actor: null,
  searchTerms: [],
  since: null,
  to: null,
};
const DAY_MS = 86_400_000;

test.each<[string, Partial<JobFilter>]>([
  ["", {}],
  ["state=failed,lost&state=watching", { states: ["failed", "lost", "watching"] }],
  ["type=CreateNode", { type: "CreateNode" }],
  ["label=team:checkout&label=env:a:b", { labels: ["team:checkout", "env:a:b"] }],
  ["actor=kim", { actor: "kim" }],
  ["text=+Pool++A ", { searchTerms: ["pool", "a"] }],
  [
    "since=2026-11-23&to=2026-11-23",
    { since: Date.UTC(2026, 10, 23), to: Date.UTC(2026, 10, 23) + DAY_MS - 1 },
  ],
  ["to=2026-11-23T09:30:00%2B01:00", { to: Date.UTC(2026, 10, 23, 8, 30) }],
])("the query '%s' has the filter %j and no errors", (query, filter) => {
  expect(read(query)).toEqual({ filter: { ...NONE, ...filter }, errors: [] });
});

test.each<[string, Partial<JobFilter>, unknown[]]>([
  ["state=", {}, ["state: must not be empty. Omit 'state' to get all states."]],
  [
    "state=failed,broken",
    { states: ["failed"] },
    [
      "state: unknown state 'broken'. States: watching, stopped, succeeded, failed, not_ready, timed_out, lost.",
    ],
  ],
  ["state=broken", {}, [expect.stringContaining("unknown state 'broken'")]],
  ["type=", {}, [expect.stringMatching(/^type: .+/)]],
  [`text=${"x".repeat(2000)}`, {}, [expect.stringMatching(/^text: .+/)]],
  [
    "label=team&label=a:b&label=:b",
    { labels: ["a:b"] },
    Array(2).fill("label: must be a key and a value, such as 'team:checkout'"),
  ],
  [
    "since=yesterday&to=2026-13-01",
    {},
    [expect.stringMatching(/^to: .+/), expect.stringMatching(/^since: .+/)],
  ],
  ["actor=", { actor: "" }, []],
])("the query '%s' has the filter %j and the errors %j", (query, filter, errors) => {
  expect(read(query)).toEqual({ filter: { ...NONE, ...filter }, errors });
});

test("the filter has the first labels if there are too many", () => {
  const labels = Array.from({ length: 60 }, (_, i) => `l${i}:x`);
  const { filter, errors } = read(labels.map((label) => `label=${label}`).join("&"));
  const limit = filter.labels.length;
  expect(filter.labels).toEqual(labels.slice(0, limit));
  expect(errors).toEqual([`label: at most ${limit} labels`]);
  expect(
    read(
      labels
        .slice(0, limit)
        .map((label) => `label=${label}`)
        .join("&"),
    ).errors,
  ).toEqual([]);
});

test.each<[Partial<JobFilter>, boolean, boolean]>([
  [{}, false, false],
  [{ states: ["failed"] }, true, false],
  [{ type: "X" }, true, false],
  [{ since: 0 }, true, false],
  [{ to: 0 }, true, false],
  [{ labels: ["a:b"] }, true, true],
  [{ actor: "kim" }, true, true],
  [{ searchTerms: ["x"] }, true, true],
])("the filter %j has a field: %s, and one about the context: %s", (part, isAny, needsContext) => {
  const filter = { ...NONE, ...part };
  expect([isAnyFilterFieldGiven(filter), filterNeedsContext(filter)]).toEqual([isAny, needsContext]);
});

const WATCH = {
  jobId: "job-7",
  jobType: "CreateNode",
  resourceName: "pool-a",
  phase: "Failed",
  state: "timed_out",
  cause: "sold out",
  acceptedAt: 1000,
} as Watch;
const CONTEXT = { actor: "Kim", pipeline: "deploy #7", labels: { team: "checkout", env: "prod" } };

test.each<[Partial<JobFilter>, boolean]>([
  [{}, true],
  [{ states: ["timed_out", "lost"] }, true],
  [{ states: ["failed"] }, false],
  [{ type: "createnode" }, true],
  [{ type: "CreateNodePool" }, false],
  [{ since: 1000, to: 1000 }, true],
  [{ since: 1001 }, false],
  [{ to: 999 }, false],
])("a watch matches the fields %j: %s", (filter, expected) => {
  expect(matchesFieldsWithoutContext(WATCH, { ...NONE, ...filter })).toBe(expected);
});

test.each<[Partial<JobFilter>, boolean]>([
  [{}, true],
  [{ labels: ["team:checkout", "env:prod"] }, true],
  [{ labels: ["team:checkout", "env:test"] }, false],
  [{ actor: "kim" }, true],
  [{ actor: "ki" }, false],
  ...["job-7", "createnode", "pool-a", "failed", "timed out", "sold out", "kim", "deploy"].map(
    (term): [Partial<JobFilter>, boolean] => [{ searchTerms: [term] }, true],
  ),
  [{ searchTerms: ["pool", "sold"] }, true],
  [{ searchTerms: ["pool", "gone"] }, false],
  [{ searchTerms: ["job-7createnode"] }, false],
])("a watch with a context matches the fields %j: %s", (filter, expected) => {
  expect(matchesFieldsOfContext(WATCH, CONTEXT, { ...NONE, ...filter })).toBe(expected);
});

test("a watch without a context matches no actor and no label", () => {
  expect(matchesFieldsOfContext(WATCH, {}, { ...NONE, actor: "kim" })).toBe(false);
  expect(matchesFieldsOfContext(WATCH, {}, { ...NONE, labels: ["team:checkout"] })).toBe(false);
  expect(matchesFieldsOfContext(WATCH, {}, NONE)).toBe(true);
});
