import { renderNodeJob } from "../../../bench/support/sample-jobs.ts";
import { createMutex } from "../../../lib/cce/send-cce-request.ts";
import { clientOf, type Served, serve } from "./harness.ts";

const NODES = 20_000;
const REPLY = Buffer.from(renderNodeJob(NODES, "Failed"));
const LIMIT = { timeLimitMs: 30_000 };
const client = ({ url }: Served) => clientOf(url, { p: { kind: "token", token: "fixedtokenexample" } });
const queryJob = (at: ReturnType<typeof client>, jobId: string) =>
  at.queryJob({ project: "p", jobId }, LIMIT);

describe("a job with 20,000 subjobs of the documented size", () => {
  let served: Served;
  afterEach(() => served.close());

  it("is read completely", async () => {
    expect(REPLY.length).toBeGreaterThan(9_000_000);
    served = await serve((_, response) => response.end(REPLY));
    const observation = await queryJob(client(served), "j");
    if (observation.kind !== "job") throw new Error(JSON.stringify(observation));
    expect(observation.job.state).toBe("failed");
    expect(observation.job.subJobs).toHaveLength(NODES);
    expect(observation.job.subJobs.at(-10)?.reason).toBe("the node did not become ready in time");
    expect(observation.warnings).toEqual([]);
  });

  it("is read alone among large jobs, in parallel with small jobs, and is requested twice only by the first query", async () => {
    const requested: string[] = [];
    let [running, maxRunning] = [0, 0];
    served = await serve((request, response) => {
      const jobId = request.url?.split("/").at(-1) ?? "";
      const known = requested.includes(jobId);
      requested.push(jobId);
      if (jobId === "small") return void response.end('{"kind":"Job"}');
      // The client reads only the beginning of the first reply for each job, and reads the second reply completely.
      if (known) maxRunning = Math.max(maxRunning, ++running);
      response.on("finish", () => known && running--).end(REPLY);
    });
    const at = client(served);
    const ids = ["a", "b", "c", "small", "d"];
    const queryAll = async () =>
      (await Promise.all(ids.map((id) => queryJob(at, id)))).map(({ kind }) => kind);
    expect(await queryAll()).toEqual(Array(5).fill("job"));
    expect(maxRunning).toBe(1);
    expect(requested).toHaveLength(9);
    expect(await queryAll()).toEqual(Array(5).fill("job"));
    expect(maxRunning).toBe(1);
    expect(requested).toHaveLength(14);
  });

  it("is not requested again when the long reply is not a job", async () => {
    let requested = 0;
    served = await serve((_, response) => {
      requested += 1;
      response.writeHead(502).end(REPLY);
    });
    expect(await queryJob(client(served), "j")).toEqual({
      kind: "unavailable",
      text: "CCE did not return the job (HTTP 502)",
    });
    expect(requested).toBe(1);
  });

  it("stops waiting for other large jobs at the time limit of the query", async () => {
    served = await serve((request, response) => {
      if (request.url?.endsWith("/slow")) return void response.write(REPLY.subarray(0, 1_000_000));
      response.end(REPLY);
    });
    const at = client(served);
    const [slow, fast] = await Promise.all(
      ["slow", "fast"].map((jobId) => at.queryJob({ project: "p", jobId }, { timeLimitMs: 1500 })),
    );
    expect([slow?.kind, fast?.kind]).toEqual(["unavailable", expect.stringMatching("unavailable|job")]);
    expect(await queryJob(at, "next")).toMatchObject({ kind: "job" });
  });
});

describe("createMutex", () => {
  it("runs one piece of work at a time, in order, also after a failure", async () => {
    const oneAtATime = createMutex();
    const events: string[] = [];
    const work = (name: string, fails = false) =>
      oneAtATime(async () => {
        events.push(`${name} starts`);
        await Promise.resolve();
        events.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      });
    const settled = await Promise.allSettled([work("a"), work("b", true), work("c")]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(events).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
  });
});
