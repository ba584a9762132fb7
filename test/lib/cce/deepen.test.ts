import { deepenJob } from "../../../lib/cce/deepen.ts";
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
const silent = (jobId: string | null) => job({ jobId });
const told = (reason: string, subJobs: Job[] = []) => job({ jobId: "other", reason, subJobs });

async function deepened(tree: Job, answerOf: (jobId: string) => Job | null) {
  const asked: string[] = [];
  const deep = await deepenJob(tree, async (jobId) => {
    asked.push(jobId);
    return answerOf(jobId);
  });
  return { asked, deep };
}

describe("deepenJob", () => {
  it("asks only for failed subjobs that show neither a reason nor a failed child", async () => {
    const tree = job({
      jobId: "root",
      subJobs: [
        silent("a"),
        job({ jobId: "b", reason: "said" }),
        job({ jobId: "c", subJobs: [job({ jobId: "d", reason: "said" })] }),
        job({ jobId: "e", state: "succeeded" }),
        job({ jobId: "f", state: "pending" }),
        silent(null),
        silent("../g"),
        silent("root"),
        silent("a"),
      ],
    });
    expect((await deepened(tree, () => null)).asked).toEqual(["a"]);
  });

  it("brings in reason and children, and leaves the rest of the tree as it is", async () => {
    const tree = job({ reason: "above", subJobs: [silent("a"), job({ jobId: "b", reason: "said" })] });
    const { deep } = await deepened(tree, () => told("quota", [told("below")]));
    expect(deep).toEqual({
      ...tree,
      subJobs: [{ ...silent("a"), reason: "quota", subJobs: [told("below")] }, tree.subJobs[1]],
    });
  });

  it("goes on below what it found, with five queries in all", async () => {
    const { asked } = await deepened(job({ subJobs: [silent("a")] }), (jobId) =>
      job({ subJobs: [silent(`${jobId}a`)] }),
    );
    expect(asked).toEqual(["a", "aa", "aaa", "aaaa", "aaaaa"]);
    const wide = job({ subJobs: Array.from({ length: 20 }, (_, i) => silent(`s${i}`)) });
    expect((await deepened(wide, () => null)).asked).toEqual(["s0", "s1", "s2", "s3", "s4"]);
  });

  it("changes nothing where nothing is found", async () => {
    const tree = job({ subJobs: [silent("a"), job({ subJobs: [silent("b")] })] });
    expect((await deepened(tree, () => null)).deep).toEqual(tree);
  });
});

describe("deepening by the client", () => {
  let served: Served;
  afterEach(() => served.close());
  const tree = job({ subJobs: ["a", "b", "c", "d", "e", "f"].map((jobId) => silent(jobId)) });
  const clientAt = (url: string) => clientOf(url, { p: { kind: "token", token: "fixedtokenexample" } });

  it.each([401, 403, 404, 429, 500])("leaves the job as it was when CCE answers %d to it", async (status) => {
    served = await serve((_, response) => response.writeHead(status).end());
    expect(await clientAt(served.url).deepen("p", tree, { deadlineMs: 2000 })).toEqual(tree);
  });

  it("keeps to one deadline for all of its queries together", async () => {
    let asked = 0;
    served = await serve(() => {
      asked += 1;
    });
    const began = performance.now();
    expect(await clientAt(served.url).deepen("p", tree, { deadlineMs: 300 })).toEqual(tree);
    expect(performance.now() - began).toBeLessThan(1500);
    expect(asked).toBe(5);
  });

  it("keeps what came in time beside what did not", async () => {
    served = await serve((request, response) => {
      if (request.url?.endsWith("/b")) return;
      response.end(JSON.stringify({ kind: "Job", status: { phase: "Failed", reason: "sold out" } }));
    });
    const deep = await clientAt(served.url).deepen("p", tree, { deadlineMs: 500 });
    expect(deep.subJobs.map(({ reason }) => reason)).toEqual([
      "sold out",
      null,
      "sold out",
      "sold out",
      "sold out",
      null,
    ]);
  });
});
