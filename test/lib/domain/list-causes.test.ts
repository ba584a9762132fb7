import { Cause, toEventCause } from "../../../lib/domain/cause.ts";
import type { Job } from "../../../lib/domain/job.ts";
import { listCausesOfSimilarFailures } from "../../../lib/domain/list-causes.ts";
import { countAndGroupSubJobs } from "../../../lib/domain/subjob-tree.ts";
import { measureCpuMs } from "../../support/measure-cpu-ms.ts";
import { FAILED, failedChain, job } from "../channels/samples.ts";

const causesOf = (subJobs: Job[], maxBytes = 8000) =>
  listCausesOfSimilarFailures(
    countAndGroupSubJobs(job({ ...FAILED, type: "CreateCluster", subJobs })),
    maxBytes,
  );
const failedNode = (reason: string | null, part: Partial<Job> = {}) =>
  job({ ...FAILED, type: "CreateNodeVM", reason, ...part });
const countsOf = (reasons: readonly string[]) =>
  causesOf(reasons.map((reason) => failedNode(reason))).causes.map(({ count }) => count);

describe("the causes of a failed job", () => {
  it("contain one group for 30 nodes that fail for one reason, with the first ten names and one hint", () => {
    const nodes = Array.from({ length: 30 }, (_, index) =>
      failedNode(`Ecs.0314: the key pair of pool-a-${index} was not found`, {
        resourceName: `pool-a-${index}`,
      }),
    );
    const { causes, omittedCount } = causesOf(nodes);
    expect(omittedCount).toBe(0);
    expect(causes).toEqual([
      {
        type: "CreateNodeVM",
        reason: "Ecs.0314: the key pair of pool-a-0 was not found",
        hint: expect.stringContaining("key pair"),
        count: 30,
        resources: Array.from({ length: 10 }, (_, index) => `pool-a-${index}`),
        path: ["CreateCluster", "CreateNodeVM"],
        total: 30,
      },
    ]);
    expect(causes.map(toEventCause)).toEqual(causes.map((cause) => Cause.parse(cause)));
  });

  it("start with the most frequent cause, and keep the tree's order for equal counts", () => {
    const { causes } = causesOf([failedNode("a"), failedNode("b"), failedNode("c"), failedNode("b")]);
    expect(causes.map(({ reason, count }) => [reason, count])).toEqual([
      ["b", 2],
      ["a", 1],
      ["c", 1],
    ]);
  });

  it("do not contain a parent whose subjob failed", () => {
    const { causes } = causesOf([failedChain(5), job({ type: "InstallMaster" })]);
    expect(causes.map(toEventCause)).toEqual([
      { type: "Leaf", reason: "the cause", hint: null, count: 1, resources: [] },
    ]);
    expect(causes[0]?.path).toEqual(["CreateCluster", "L4", "L3", "…", "L1", "L0", "Leaf"]);
  });

  it("count the subjobs of a type without the failed parents of failed subjobs", () => {
    const failedParent = job({ ...FAILED, type: "CreateNodeVM", subJobs: [failedNode("sold out")] });
    const good = job({ type: "CreateNodeVM", subJobs: [job({ type: "AttachDisk" })] });
    const { causes } = causesOf([failedParent, failedNode("sold out"), good, job({ type: "CreateNodeVM" })]);
    expect(causes).toMatchObject([{ count: 2, total: 4 }]);
  });

  it("keep different types apart", () => {
    const { causes } = causesOf([failedNode("quota"), failedNode("quota", { type: "CreateEIP" })]);
    expect(causes.map(({ type }) => type)).toEqual(["CreateNodeVM", "CreateEIP"]);
  });

  it.each([
    ["names with numbers", ["node pool-1-x failed", "node pool-22-x failed"]],
    [
      "UUIDs",
      ["vm 3f2504e0-4f89-11d3-9a0c-0305e82c3301 lost", "vm 9B2504E0-4F89-11D3-9A0C-0305E82C3302 lost"],
    ],
    ["IDs in hexadecimal", ["port 0badcafe1 is down", "port deadbeef22 is down"]],
    ["IPv4 addresses", ["10.0.0.1 does not answer", "10.11.12.13:443 does not answer"]],
    ["IPv6 addresses", ["fe80::1 does not answer", "2001:db8:0:1::2 does not answer"]],
    ["upper case and a full stop", ["Flavor sold out.", "flavor sold out"]],
    ["addresses in memory", ["fault at 0x7f3a", "fault at 0x99BC001122"]],
    ["long IDs", ["volume 01ARZ3NDEKTSV4RRFFQ69G5FAV lost", "volume 01BX5ZZKBKACTAV9WEVGEMMVRZ lost"]],
    ["dates", ["since Fri, 27 Nov 2026 10:00:00 GMT", "since Sat, 05 Dec 2026 11:00:00 GMT"]],
    ["dates of Unix", ["since Fri Nov 27 10:00:00", "since Tue Dec 1 11:00:00"]],
    [
      "times and spaces",
      ["failed at 2026-04-14T08:00:01Z\n(3 s)", "failed at 2026-04-15T09:10:11Z (47.2 s)"],
    ],
  ])("put reasons into one group that differ only in %s", (_, reasons) => {
    expect(countsOf(reasons)).toEqual([2]);
  });

  it.each([
    ["error codes", ["Ecs.0314: refused", "Ecs.0319: refused"]],
    ["long error codes", ["CCE.01400004 refused", "CCE.01400005 refused"]],
    ["HTTP statuses", ["the agent answers HTTP 403", "the agent answers HTTP 503"]],
    ["error numbers", ["mount failed, error code: 12", "mount failed, error code: 13"]],
    ["error codes in JSON", ['{"code":400,"m":"no"}', '{"code":409,"m":"no"}']],
    ["quoted error codes", ['{"errorCode": "400"}', '{"errorCode": "409"}']],
    ["status lines", ["HTTP/1.1 403 from the agent", "HTTP/1.1 503 from the agent"]],
    ["signals and errno", ["killed by signal 9, errno 28", "killed by signal 9, errno 13"]],
    ["Chinese error codes", ["错误码：319", "错误码：707"]],
    ["words", ["the flavor is sold out", "the disk type is sold out"]],
  ])("keep reasons apart that differ in %s", (_, reasons) => {
    expect(countsOf(reasons)).toEqual([1, 1]);
  });

  it("treat names of the subjob and of its parents as equal", () => {
    const pool = (name: string) =>
      job({
        ...FAILED,
        type: "CreateNode",
        resourceName: name,
        subJobs: [failedNode(`${name}: no capacity`)],
      });
    const { causes } = causesOf([pool("alpha"), pool("beta"), pool("gamma")]);
    expect(causes).toMatchObject([
      { count: 3, reason: "alpha: no capacity", resources: ["alpha", "beta", "gamma"] },
    ]);
  });

  it("have a total that is not less than the count, also if a failed subjob is below a subjob of its own type", () => {
    const succeeded = job({ type: "CreateNodeVM", subJobs: [failedNode("no capacity")] });
    const { causes } = causesOf([failedNode("no capacity", { subJobs: [succeeded] })]);
    expect(causes).toMatchObject([{ count: 2, total: 2 }]);
  });

  it("do not name the resource of the job itself, because the headline names it", () => {
    const root = job({ ...FAILED, resourceName: "checkout", subJobs: [failedNode("no capacity")] });
    const { causes } = listCausesOfSimilarFailures(countAndGroupSubJobs(root), 9000);
    expect(causes).toMatchObject([{ count: 1, resources: [] }]);
  });

  it("treat names in another case as equal", () => {
    const nodes = ["Web-A", "web-b"].map((resourceName) =>
      failedNode(`${resourceName.toUpperCase()} is not reachable`, { resourceName }),
    );
    expect(causesOf(nodes).causes).toMatchObject([{ count: 2 }]);
  });

  it("use the reason of the nearest failed parent if the subjob has none", () => {
    const parent = job({ ...FAILED, type: "CreateNode", reason: "timed out", subJobs: [failedNode(null)] });
    expect(causesOf([parent, failedNode(null, { type: "Other" })]).causes).toMatchObject([
      { type: "CreateNodeVM", reason: "timed out" },
      { type: "Other", reason: null },
    ]);
  });

  it("are empty for a job without failed subjobs", () => {
    expect(causesOf([job()])).toEqual({ causes: [], omittedCount: 0 });
  });

  it.each([300, 1000, 3000, 6000])(
    "need at most %d bytes, and count the causes that do not fit",
    (maxBytes) => {
      const nodes = Array.from({ length: 40 }, (_, index) =>
        failedNode(
          `${"word".repeat(200)} é ${"abcdefghijklmnopqrstuvwxyz".charAt(index % 26)}${"x".repeat(index)}`,
        ),
      );
      const { causes, omittedCount } = causesOf(nodes, maxBytes);
      expect(Buffer.byteLength(JSON.stringify(causes))).toBeLessThanOrEqual(maxBytes);
      expect(causes.length + omittedCount).toBe(40);
    },
  );

  it("are found within two seconds of CPU time for 20,000 subjobs and for long reasons", () => {
    const nodes = Array.from({ length: 20_000 }, (_, index) => failedNode(`node ${index} is not ready`));
    const cpuMs = measureCpuMs(() => {
      expect(causesOf(nodes).causes).toMatchObject([{ count: 20_000 }]);
      for (const part of ["f", "1", "a:", "deadbeef-", "1.", ":"]) {
        expect(causesOf([failedNode(part.repeat(50_000))]).causes).toHaveLength(1);
      }
    });
    expect(cpuMs).toBeLessThan(2000);
  });
});
