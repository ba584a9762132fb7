import { queryFailedSubjobs } from "../../../lib/cce/query-failed-subjobs.ts";
import type { Job } from "../../../lib/domain/job.ts";
import { clientOf, type Served, serve } from "./harness.ts";

const job = (over: Partial<Job>): Job => ({
  jobId: null,
  type: "CreateNode",
  phase: "Failed",
  state: "failed",
  reason: null,
  clusterId: null,
  resourceId: null,
  resourceName: null,
  createdAt: null,
  updatedAt: null,
  subJobs: [],
  ...over,
});
const unexplained = (jobId: string | null) => job({ jobId });
const explained = (reason: string, subJobs: Job[] = []) => job({ jobId: "other", reason, subJobs });

async function complete(tree: Job, replyOf: (jobId: string) => Job | null) {
  const queried: string[] = [];
  const completed = await queryFailedSubjobs(tree, async (jobId) => {
    queried.push(jobId);
    return replyOf(jobId);
  });
  return { queried, completed };
}

describe("queryFailedSubjobs", () => {
  it("queries only failed subjobs without a reason and without a failed child", async () => {
    const tree = job({
      jobId: "root",
      subJobs: [
        unexplained("a"),
        job({ jobId: "b", reason: "quota" }),
        job({ jobId: "c", subJobs: [job({ jobId: "d", reason: "quota" })] }),
        job({ jobId: "e", state: "succeeded" }),
        job({ jobId: "f", state: "pending" }),
        unexplained(null),
        unexplained("../g"),
        unexplained("root"),
        unexplained("a"),
      ],
    });
    expect((await complete(tree, () => null)).queried).toEqual(["a"]);
  });

  it("adds the reason and the children of the reply and changes nothing else in the tree", async () => {
    const tree = job({ reason: "above", subJobs: [unexplained("a"), job({ jobId: "b", reason: "quota" })] });
    const { completed } = await complete(tree, () => explained("quota", [explained("below")]));
    expect(completed).toEqual({
      ...tree,
      subJobs: [{ ...unexplained("a"), reason: "quota", subJobs: [explained("below")] }, tree.subJobs[1]],
    });
  });

  it("continues with the new children and makes at most five queries", async () => {
    const { queried } = await complete(job({ subJobs: [unexplained("a")] }), (jobId) =>
      job({ subJobs: [unexplained(`${jobId}a`)] }),
    );
    expect(queried).toEqual(["a", "aa", "aaa", "aaaa", "aaaaa"]);
    const wide = job({ subJobs: Array.from({ length: 20 }, (_, i) => unexplained(`s${i}`)) });
    expect((await complete(wide, () => null)).queried).toEqual(["s0", "s1", "s2", "s3", "s4"]);
  });

  it("returns the job unchanged when no subjob can be read", async () => {
    const tree = job({ subJobs: [unexplained("a"), job({ subJobs: [unexplained("b")] })] });
    expect((await complete(tree, () => null)).completed).toEqual(tree);
  });
});

describe("queries of failed subjobs by the client", () => {
  let served: Served;
  afterEach(() => served.close());
  const tree = job({ subJobs: ["a", "b", "c", "d", "e", "f"].map((jobId) => unexplained(jobId)) });
  const clientAt = (url: string) => clientOf(url, { p: { kind: "token", token: "fixedtokenexample" } });

  it.each([401, 403, 404, 429, 500])(
    "leave the job unchanged when CCE answers with status %d",
    async (status) => {
      served = await serve((_, response) => response.writeHead(status).end());
      expect(await clientAt(served.url).queryFailedSubjobs("p", tree, { timeLimitMs: 2000 })).toEqual(tree);
    },
  );

  it("share one time limit", async () => {
    let queried = 0;
    served = await serve(() => {
      queried += 1;
    });
    const startedAt = performance.now();
    expect(await clientAt(served.url).queryFailedSubjobs("p", tree, { timeLimitMs: 300 })).toEqual(tree);
    expect(performance.now() - startedAt).toBeLessThan(1500);
    expect(queried).toBe(5);
  });

  it("use the replies that arrive in time when another reply is late", async () => {
    served = await serve((request, response) => {
      if (request.url?.endsWith("/b")) return;
      response.end(JSON.stringify({ kind: "Job", status: { phase: "Failed", reason: "sold out" } }));
    });
    const completed = await clientAt(served.url).queryFailedSubjobs("p", tree, { timeLimitMs: 500 });
    expect(completed.subJobs.map(({ reason }) => reason)).toEqual([
      "sold out",
      null,
      "sold out",
      "sold out",
      "sold out",
      null,
    ]);
  });
});
