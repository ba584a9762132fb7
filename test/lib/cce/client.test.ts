import type { JobScriptInput } from "../../../local/cce/job-script.ts";
import { type CceSimulator, startCceSimulator } from "../../../local/cce/simulator.ts";
import { BUDGET as budget, clientOf as clientAt } from "./harness.ts";

const KEY = {
  accessKey: "ACCESSKEYEXAMPLE",
  secretKey: "secretkeyexample",
  securityToken: "securitytokenexample",
};
const USER = { domain: "dom", user: "usr", password: "passwordexample" };
const FIXED = "fixedtokenexample";
let cce: CceSimulator;

beforeEach(async () => {
  cce = await startCceSimulator({ keys: [KEY], users: [USER], tokens: [FIXED] });
});
afterEach(() => cce.close());

const clientOf = (auths: Record<string, object>, now?: () => number) =>
  clientAt(cce.url, auths, now === undefined ? {} : { now });
const aksk = { kind: "aksk", ...KEY };
const password = () => ({ kind: "password", iamEndpoint: cce.url, ...USER });
const token = { kind: "token", token: FIXED };
const done = { jobId: "job:1", type: "CreateNode", endSeconds: 0 };

describe("createCceClient", () => {
  it("signs in by keys, by password and by token, side by side", async () => {
    const client = clientOf({ a: aksk, b: password(), c: token });
    for (const project of ["a", "b", "c"]) {
      const jobId = cce.addJob(project, done);
      expect(await client.poll({ project, jobId }, budget)).toMatchObject({
        kind: "job",
        job: { state: "succeeded" },
      });
    }
  });
  it("tells of credentials that no header can carry, rather than that CCE cannot be reached", async () => {
    const client = clientOf({ c: { kind: "token", token: "ab€" } });
    expect(await client.poll({ project: "c", jobId: done.jobId }, budget)).toEqual({
      kind: "misconfigured",
      text: "the credentials of project c hold a character that no header may: set them again",
    });
  });
  it("fetches one token for ten polls, and one more once it is refused", async () => {
    const client = clientOf({ b: password() });
    const ids = Array.from({ length: 10 }, (_, i) => cce.addJob("b", { ...done, jobId: `job${i}` }));
    const pollAll = () => Promise.all(ids.map((jobId) => client.poll({ project: "b", jobId }, budget)));
    const kinds = async () => [...new Set((await pollAll()).map(({ kind }) => kind))];
    expect([await kinds(), cce.stats.tokenRequests]).toEqual([["job"], 1]);
    cce.expireTokens();
    expect([await kinds(), cce.stats.tokenRequests]).toEqual([["job"], 2]);
  });
  it("asks once for ten identical polls", async () => {
    const client = clientOf({ a: aksk });
    const jobId = cce.addJob("a", done);
    await Promise.all(Array.from({ length: 10 }, () => client.poll({ project: "a", jobId }, budget)));
    expect(cce.stats.queries).toBe(1);
  });
  it("holds a project after a 429, and no other", async () => {
    let at = Date.now();
    const client = clientOf({ a: aksk, c: token }, () => at);
    for (const project of ["a", "c"]) cce.addJob(project, done);
    cce.addFault({ kind: "429", count: 1, project: "a", retryAfterSeconds: 20 });
    const poll = (project: string) => client.poll({ project, jobId: done.jobId }, budget);
    expect(await poll("a")).toMatchObject({ kind: "throttled", retryAfterSeconds: 20 });
    at += 5000;
    expect(await poll("a")).toMatchObject({ kind: "throttled", retryAfterSeconds: 15 });
    expect(await poll("c")).toMatchObject({ kind: "job" });
    expect(cce.stats.queries).toBe(2);
    at += 15_000;
    expect(await poll("a")).toMatchObject({ kind: "job" });
  });
  it("makes an observation of a hang, a reset and garbage", async () => {
    const client = clientOf({ a: aksk });
    for (const kind of ["hang", "reset", "garbage", "500"] as const) {
      cce.addFault({ kind, count: 1 });
      expect((await client.poll({ project: "a", jobId: "j" }, { deadlineMs: 200 })).kind).toBe("unavailable");
    }
  });
  it("brings the reason of a silent failure into the tree", async () => {
    const client = clientOf({ a: aksk });
    const below: JobScriptInput = {
      type: "CreateNodeVM",
      endSeconds: 0,
      outcome: "Failed",
      reason: "sold out",
    };
    const silent: JobScriptInput = {
      type: "CreateNode",
      endSeconds: 0,
      outcome: "Failed",
      shy: true,
      subJobs: [below],
    } as const;
    const jobId = cce.addJob("a", {
      type: "ScaleupCluster",
      endSeconds: 0,
      outcome: "Failed",
      subJobs: [silent],
    });
    const seen = await client.poll({ project: "a", jobId }, budget);
    if (seen.kind !== "job") throw new Error(seen.kind);
    expect(seen.job.subJobs[0]?.subJobs).toEqual([]);
    const deep = await client.deepen("a", seen.job, budget);
    expect(deep.subJobs[0]?.subJobs[0]?.reason).toBe("sold out");
    expect(await client.deepen("nobody", seen.job, budget)).toEqual(seen.job);
  });
  it("says no credential, whatever is refused", async () => {
    const wrong = { kind: "aksk", accessKey: "WRONGACCESSKEY", secretKey: "wrongsecretkey" };
    const client = clientOf({
      a: wrong,
      b: { ...password(), password: "wrongpassword" },
      c: { kind: "token", token: "wrongtoken" },
      d: { ...aksk, secretKey: "othersecretkey" },
    });
    const seen = await Promise.all(
      ["a", "b", "c", "d"].map((project) => client.poll({ project, jobId: "j" }, budget)),
    );
    expect(seen.map(({ kind }) => kind)).toEqual(Array(4).fill("unauthorized"));
    expect(JSON.stringify(seen)).not.toMatch(
      /WRONGACCESSKEY|wrong(secretkey|password|token)|ACCESSKEYEXAMPLE|securitytoken?example|othersecretkey|\|host:/,
    );
  });
});
