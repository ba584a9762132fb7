import {
  type CceApi,
  createJobListerToleratingOptionalApiRefusal,
  createQueryTryingBothApis,
  type ListReply,
} from "../../../lib/cce/autopilot.ts";
import type { Job, Observation } from "../../../lib/domain/job.ts";
import { clientOf, type Served, serve } from "./harness.ts";

const JOB: Observation = { kind: "job", job: { jobId: "j" } as Job, warnings: [] };
const gone: Observation = { kind: "gone", text: "standard" };
const refused = (kind: Exclude<Observation["kind"], "job" | "throttled">): Observation => ({
  kind,
  text: "autopilot",
});

/** Queries a job `times` times. Returns the last observation and the APIs that were asked. */
async function ask(answers: Record<CceApi, Observation>, autopilot?: boolean, times = 1) {
  const asked: CceApi[] = [];
  const query = createQueryTryingBothApis(autopilot, async (api) => {
    asked.push(api);
    return answers[api];
  });
  let observation: Observation | undefined;
  for (let i = 0; i < times; i += 1) observation = await query("j", "j", 0);
  return { observation, asked };
}

describe("createQueryTryingBothApis", () => {
  it("asks only the standard API for a job that this API returns", async () => {
    expect(await ask({ standard: JOB, autopilot: gone }, undefined, 2)).toEqual({
      observation: JOB,
      asked: ["standard", "standard"],
    });
  });

  it("finds a job of an Autopilot cluster, and asks the Autopilot API first from then on", async () => {
    expect(await ask({ standard: gone, autopilot: JOB }, undefined, 3)).toEqual({
      observation: JOB,
      asked: ["standard", "autopilot", "autopilot", "autopilot"],
    });
  });

  it.each(["gone", "misconfigured", "forbidden", "unauthorized"] as const)(
    "keeps the observation gone when the Autopilot API answers with the kind %s",
    async (kind) => {
      const { observation } = await ask({ standard: gone, autopilot: refused(kind) });
      expect(observation).toBe(gone);
    },
  );

  it.each(["forbidden", "unauthorized", "misconfigured"] as const)(
    "does not call a known job of an Autopilot cluster gone after an answer of the kind %s",
    async (kind) => {
      const refusal = refused(kind);
      const answers: Observation[] = [JOB, refusal];
      const query = createQueryTryingBothApis(undefined, async (api) =>
        api === "standard" ? gone : (answers.shift() ?? gone),
      );
      expect(await query("j", "j", 0)).toBe(JOB);
      expect(await query("j", "j", 0)).toBe(refusal);
      expect(await query("j", "j", 0)).toBe(gone);
    },
  );

  it.each<Observation>([refused("unavailable"), { kind: "throttled", text: "wait", retryAfterSeconds: 7 }])(
    "does not call a job gone while the Autopilot API answers with %j",
    async (autopilot) => {
      expect((await ask({ standard: gone, autopilot })).observation).toBe(autopilot);
    },
  );

  it("calls a job gone with `autopilot: true` only if neither API knows the job", async () => {
    const other = { kind: "gone", text: "autopilot" } as const;
    expect((await ask({ standard: gone, autopilot: other }, true)).observation).toBe(gone);
    const unavailable: Observation = { kind: "unavailable", text: "standard" };
    expect((await ask({ standard: unavailable, autopilot: refused("forbidden") }, true)).observation).toBe(
      unavailable,
    );
  });

  it.each(["unauthorized", "forbidden", "misconfigured", "unavailable"] as const)(
    "does not ask the Autopilot API after the standard API answered with the kind %s",
    async (kind) => {
      const standard = refused(kind);
      expect(await ask({ standard, autopilot: JOB })).toEqual({ observation: standard, asked: ["standard"] });
    },
  );

  it("asks the Autopilot API first with `autopilot: true`, and then the standard API", async () => {
    const both = { standard: gone, autopilot: refused("misconfigured") };
    expect(await ask(both, true)).toEqual({ observation: gone, asked: ["autopilot", "standard"] });
    expect((await ask({ standard: JOB, autopilot: gone }, true)).observation).toBe(JOB);
    const forbidden = refused("forbidden");
    expect((await ask({ standard: gone, autopilot: forbidden }, true)).observation).toBe(forbidden);
  });

  it("never asks the Autopilot API with `autopilot: false`", async () => {
    expect(await ask({ standard: gone, autopilot: JOB }, false)).toEqual({
      observation: gone,
      asked: ["standard"],
    });
  });
});

describe("the memory of the jobs of Autopilot clusters", () => {
  it("forgets the jobs when it contains 1000 jobs and another job is found", async () => {
    let asked: CceApi[] = [];
    const query = createQueryTryingBothApis<string>(undefined, async (api) => {
      asked.push(api);
      return api === "standard" ? gone : JOB;
    });
    const apisFor = async (jobId: string) => {
      asked = [];
      await query(jobId, jobId, 0);
      return asked;
    };
    for (let i = 0; i < 1000; i += 1) await apisFor(`job-${i}`);
    expect(await apisFor("job-0")).toEqual(["autopilot"]);
    await apisFor("job-1000");
    expect(await apisFor("job-1000")).toEqual(["autopilot"]);
    expect(await apisFor("job-0")).toEqual(["standard", "autopilot"]);
  });
});

describe("createJobListerToleratingOptionalApiRefusal", () => {
  const HOUR_MS = 3_600_000;
  const listed = (isComplete: boolean, date: number | null = null): ListReply => ({
    kind: "list",
    isComplete,
    date,
  });

  /** Lists the jobs at each of the times. Returns the last result and the number of requests to each API. */
  async function list(answers: Record<CceApi, ListReply>, autopilot?: boolean, times: number[] = [0]) {
    const requests = { standard: 0, autopilot: 0 };
    let now = 0;
    const listJobs = createJobListerToleratingOptionalApiRefusal(
      autopilot,
      () => now,
      async (api) => {
        requests[api] += 1;
        return answers[api];
      },
    );
    let reply: ListReply | undefined;
    for (const at of times) {
      now = at;
      reply = await listJobs(() => undefined, 0);
    }
    return { reply, requests };
  }

  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])(
    "returns a complete list only if both lists are complete (standard %p, Autopilot %p)",
    async (standard, autopilot, isComplete) => {
      const answers = { standard: listed(standard, 7), autopilot: listed(autopilot, 8) };
      expect((await list(answers)).reply).toEqual(listed(isComplete, 7));
    },
  );

  it.each(["unauthorized", "forbidden", "misconfigured", "unavailable"] as const)(
    "does not ask the Autopilot API after the standard API answered with the kind %s",
    async (kind) => {
      const standard: ListReply = { kind, text: "standard" };
      expect(await list({ standard, autopilot: listed(true) })).toEqual({
        reply: standard,
        requests: { standard: 1, autopilot: 0 },
      });
    },
  );

  it.each<ListReply>([
    { kind: "throttled", text: "autopilot", retryAfterSeconds: null },
    { kind: "unavailable", text: "autopilot" },
  ])(
    "returns an incomplete list and asks again after the Autopilot API answered with %j",
    async (refusal) => {
      const answers = { standard: listed(true), autopilot: refusal };
      for (const autopilot of [undefined, true])
        expect(await list(answers, autopilot, [0, 1])).toEqual({
          reply: listed(false),
          requests: { standard: 2, autopilot: 2 },
        });
    },
  );

  it.each(["gone", "unauthorized", "forbidden", "misconfigured"] as const)(
    "asks the Autopilot API again after an hour if this API answered with the kind %s",
    async (kind) => {
      const answers = { standard: listed(true), autopilot: { kind, text: "autopilot" } as ListReply };
      expect(await list(answers, undefined, [0, HOUR_MS - 1])).toEqual({
        reply: listed(true),
        requests: { standard: 2, autopilot: 1 },
      });
      expect((await list(answers, undefined, [0, HOUR_MS])).requests.autopilot).toBe(2);
      expect(await list(answers, true, [0, 1])).toEqual({
        reply: answers.autopilot,
        requests: { standard: 2, autopilot: 2 },
      });
    },
  );

  it("never asks the Autopilot API with `autopilot: false`", async () => {
    expect(await list({ standard: listed(true), autopilot: listed(false) }, false)).toEqual({
      reply: listed(true),
      requests: { standard: 1, autopilot: 0 },
    });
  });
});

describe("the client of a project", () => {
  let served: Served;
  afterEach(() => served.close());
  const NOT_FOUND = JSON.stringify({ errorCode: "CCE.01404001", errorMessage: "Resource not found." });
  const NO_API = JSON.stringify({ error_code: "APIGW.0101", error_msg: "The API does not exist" });

  it.each([
    ["finds the job of an Autopilot cluster", 200, '{"kind":"Job","status":{"phase":"Success"}}', "job"],
    ["calls the job gone where the cloud has no Autopilot API", 404, NO_API, "gone"],
  ])("%s", async (_, status, body, kind) => {
    const paths: (string | undefined)[] = [];
    served = await serve(({ url }, response) => {
      paths.push(url);
      if (url?.startsWith("/autopilot/")) response.writeHead(status).end(body);
      else response.writeHead(404).end(NOT_FOUND);
    });
    const client = clientOf(served.url, { p: { kind: "aksk", accessKey: "key1key1", secretKey: "s" } });
    const observation = await client.queryJob({ project: "p", jobId: "a:b" }, { timeLimitMs: 5000 });
    expect(observation.kind).toBe(kind);
    expect(paths).toEqual(["/api/v3/projects/p/jobs/a%3Ab", "/autopilot/v3/projects/p/jobs/a%3Ab"]);
  });
});
