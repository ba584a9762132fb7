import { renderNodes } from "../../../bench/support/job.ts";
import { clientOf, type Served, serve } from "./harness.ts";

const NODES = 20_000;
const REPLY = Buffer.from(renderNodes(NODES, "Failed"));
const budget = { deadlineMs: 30_000 };
const client = ({ url }: Served) => clientOf(url, { p: { kind: "token", token: "fixedtokenexample" } });
const poll = (at: ReturnType<typeof client>, jobId: string) => at.poll({ project: "p", jobId }, budget);

let served: Served;
afterEach(() => served.close());

describe("a job with 20,000 subjobs of the documented size", () => {
  it("is read whole, and told as what it is", async () => {
    expect(REPLY.length).toBeGreaterThan(9_000_000);
    served = await serve((_, response) => response.end(REPLY));
    const seen = await poll(client(served), "j");
    if (seen.kind !== "job") throw new Error(JSON.stringify(seen));
    expect(seen.job.state).toBe("failed");
    expect(seen.job.subJobs).toHaveLength(NODES);
    expect(seen.job.subJobs.at(-10)?.reason).toBe("the node did not become ready in time");
    expect(seen.warnings).toEqual([]);
  });

  it("is read alone, while small jobs are read beside it; asked for twice the first time only", async () => {
    const asked: string[] = [];
    let [whole, most] = [0, 0];
    served = await serve((request, response) => {
      const jobId = request.url?.split("/").at(-1) ?? "";
      const known = asked.includes(jobId);
      asked.push(jobId);
      if (jobId === "small") return void response.end('{"kind":"Job"}');
      // The first reply of each is left in the middle; the second is the one that is read to its end.
      if (known) most = Math.max(most, ++whole);
      response.on("finish", () => known && whole--).end(REPLY);
    });
    const at = client(served);
    const ids = ["a", "b", "c", "small", "d"];
    const pollAll = async () => (await Promise.all(ids.map((id) => poll(at, id)))).map(({ kind }) => kind);
    expect(await pollAll()).toEqual(Array(5).fill("job"));
    expect(most).toBe(1);
    expect(asked).toHaveLength(9);
    expect(await pollAll()).toEqual(Array(5).fill("job"));
    expect(most).toBe(1);
    expect(asked).toHaveLength(14);
  });

  it("is not asked for again where the long answer is no job", async () => {
    let asked = 0;
    served = await serve((_, response) => {
      asked += 1;
      response.writeHead(502).end(REPLY);
    });
    expect(await poll(client(served), "j")).toEqual({
      kind: "unavailable",
      text: "CCE is not answering properly (HTTP 502)",
    });
    expect(asked).toBe(1);
  });

  it("does not wait for others beyond its own deadline", async () => {
    served = await serve((request, response) => {
      if (request.url?.endsWith("/slow")) return void response.write(REPLY.subarray(0, 1_000_000));
      response.end(REPLY);
    });
    const at = client(served);
    const [slow, fast] = await Promise.all(
      ["slow", "fast"].map((jobId) => at.poll({ project: "p", jobId }, { deadlineMs: 1500 })),
    );
    expect([slow?.kind, fast?.kind]).toEqual(["unavailable", expect.stringMatching("unavailable|job")]);
    expect(await poll(at, "next")).toMatchObject({ kind: "job" });
  });
});
