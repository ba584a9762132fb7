import type { Job } from "../../../lib/domain/job.ts";
import { listFailuresWithinBytes } from "../../../lib/domain/list-failures.ts";
import { countAndGroupSubJobs } from "../../../lib/domain/subjob-tree.ts";
import { job } from "../ledger/samples.ts";

const failedJob = (jobId: string, reason: string | null, subJobs: Job[] = []): Job =>
  job({ jobId, reason, subJobs, state: "failed", phase: "Failed", type: "CreateVM", resourceName: null });
const listOf = (subJobs: Job[], maxBytes: number) =>
  listFailuresWithinBytes(countAndGroupSubJobs(failedJob("root", null, subJobs)).failed, maxBytes).map(
    ({ jobId }) => jobId,
  );

/** The size of a failure in a list, and of a list that has space for this number of failures. */
const [one] = listFailuresWithinBytes(
  countAndGroupSubJobs(failedJob("root", null, [failedJob("a", "full")])).failed,
  10_000,
);
const spaceFor = (count: number) => count * (JSON.stringify(one).length + 1);

it("lists at most 200 failures, however much space there is", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => failedJob(`j-${i}`, "full"));
  expect(listOf(many(200), 1_000_000)).toHaveLength(200);
  expect(listOf(many(201), 1_000_000)).toHaveLength(200);
});

it("lists all failures in tree order if there is space", () => {
  const tree = [failedJob("a", "full", [failedJob("b", "full")]), failedJob("c", "full")];
  expect(listOf(tree, spaceFor(4))).toEqual(["a", "b", "c"]);
});

it.each<[string, Job[], string[]]>([
  [
    "a parent with the reason of its subjob",
    [failedJob("a", "full", [failedJob("b", "full")]), failedJob("c", "full")],
    ["b", "c"],
  ],
  [
    "a parent without a reason",
    [failedJob("a", null, [failedJob("b", "full")]), failedJob("c", "full")],
    ["b", "c"],
  ],
  [
    "no parent with a reason of its own",
    [failedJob("a", "busy", [failedJob("b", "full")]), failedJob("c", "full")],
    ["a", "b"],
  ],
  [
    "no job before a job that has the same reason and is not its subjob",
    [failedJob("a", "full"), failedJob("b", "full"), failedJob("c", "full")],
    ["a", "b"],
  ],
])("first omits %s when the space is small", (_, tree, expected) => {
  expect(listOf(tree, spaceFor(2) + 40).slice(0, 2)).toEqual(expected);
});

it("omits a failure that is too large, and keeps smaller failures in tree order", () => {
  const tree = [failedJob("a", "full", [failedJob("b", "full")]), failedJob("c", "x".repeat(250))];
  expect(listOf(tree, spaceFor(2) + 40)).toEqual(["a", "b"]);
});
