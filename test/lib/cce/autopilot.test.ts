import { type CceApi, createQueryForBothApis } from "../../../lib/cce/autopilot.ts";
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
  const query = createQueryForBothApis(autopilot, async (api) => {
    asked.push(api);
    return answers[api];
  });
  let observation: Observation | undefined;
  for (let i = 0; i < times; i += 1) observation = await query("j", "j", 0);
  return { observation, asked };
}

describe("createQueryOfBothApis", () => {
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
      const query = createQueryForBothApis(undefined, async (api) =>
        api === "standard" ? gone : (answers.shift() ?? gone),
      );
      expect(await query("j", "j", 0)).toBe(JOB);
      expect(await query("j", "j", 0)).toBe(refusal);
      expect(await query("j", "j", 0)).toBe(gone);
    },
  );

  it("does not call a job gone while the Autopilot API is not available", async () => {
    const autopilot = refused("unavailable");
    expect((await ask({ standard: gone, autopilot })).observation).toBe(autopilot);
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
