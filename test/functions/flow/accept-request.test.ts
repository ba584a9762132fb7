import { json } from "./http-answers.ts";
import { CONFIG, TOKENS } from "./http-config.ts";
import { createHarness } from "./http-harness.ts";

const JOB = { jobId: "a" };

describe("who is calling", () => {
  test.each([
    ["no token", null, {}, 'Bearer realm="cce-job-notifier"'],
    ["another scheme", null, { authorization: "Basic abc" }, expect.stringContaining("invalid_token")],
    ["an unknown token", "nobody", {}, expect.stringContaining("invalid_token")],
  ])("%s is a 401 that says how", async (_, token, headers, challenge) => {
    const api = createHarness();
    const answer = await api.ask("POST", "/v1/jobs", { body: JOB, token, headers });
    expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": challenge } });
    expect(api.calls).toEqual([]);
  });

  test("is asked before the body is read", async () => {
    expect((await createHarness().ask("POST", "/v1/jobs", { body: "{", token: "nobody" })).status).toBe(401);
  });

  test("may be either of two tokens while one is rotated", async () => {
    const api = createHarness();
    for (const token of [TOKENS.all, TOKENS.rotated])
      expect((await api.ask("POST", "/v1/jobs", { body: JOB, token })).status).toBe(202);
  });

  test("nobody is let in by a config without tokens", async () => {
    const api = createHarness({ config: { ...CONFIG, tokens: {} } });
    expect((await api.ask("POST", "/v1/jobs", { body: JOB })).status).toBe(401);
  });

  test("an issuer that cannot be reached is a 503, not a refusal", async () => {
    const oidc = [
      { issuer: "https://ci.example.com", audience: "us", claims: { sub: "*" }, projects: ["*"] },
    ];
    const api = createHarness({
      config: { ...CONFIG, oidc },
      identify: async () => ({ kind: "unavailable", cause: new Error("down") }),
    });
    const answer = await api.ask("POST", "/v1/jobs", { body: JOB, token: "eyJh.eyJp.c2ln" });
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "30" } });
    expect(api.failures).toEqual(["issuer"]);
  });
});

describe("what a caller may", () => {
  test("a missing scope is named, each with its place, and nothing is looked up", async () => {
    const api = createHarness();
    const body = { ...JOB, project: "secret", notify: ["deploys", "audit", "nowhere"] };
    const answer = await api.ask("POST", "/v1/jobs", { body, token: TOKENS.team });
    expect(answer.status).toBe(403);
    expect(json(answer).errors).toEqual([
      { pointer: "#/project", detail: "needs the scope projects:secret" },
      { pointer: "#/notify/1", detail: "needs the scope targets:audit" },
      { pointer: "#/notify/2", detail: "needs the scope targets:nowhere" },
    ]);
    expect(api.calls).toEqual([]);
  });

  test("a project that exists and one that does not are told alike to who may see neither", async () => {
    const api = createHarness();
    const [real, none] = await Promise.all(
      ["secret", "absent"].map((project) =>
        api.ask("POST", "/v1/jobs", { body: { ...JOB, project }, token: TOKENS.team }),
      ),
    );
    expect(real?.body?.replaceAll("secret", "X")).toBe(none?.body?.replaceAll("absent", "X"));
    expect(real?.status).toBe(none?.status);
  });
});

describe("faults", () => {
  const faults = async (body: unknown, query = "") => {
    const api = createHarness();
    const answer = await api.ask("POST", `/v1/jobs${query}`, { body });
    expect(api.calls).toEqual([]);
    expect(answer.headers?.["content-type"]).toBe("application/problem+json");
    const problem = json(answer);
    expect(problem.status).toBe(answer.status);
    return problem;
  };

  test("are all told at once, each with its place", async () => {
    const problem = await faults({
      jobId: 7,
      jobIds: [],
      project: "-",
      notify: "deploys",
      deadlineMinutes: -1,
      context: { runUrl: "javascript:alert(1)", "x/y": 1, labels: { "": "empty" } },
      colour: "red",
    });
    expect(problem).toMatchObject({
      type: "/docs#problem-invalid-request",
      status: 422,
      instance: "urn:request:request-1",
    });
    expect(problem.errors.map(({ pointer }) => pointer).sort()).toEqual([
      ...["#/colour", "#/context/labels/", "#/context/runUrl", "#/context/x~1y", "#/deadlineMinutes"],
      ...["#/jobId", "#/jobIds", "#/jobIds", "#/notify", "#/project"],
    ]);
  });

  test("of form and of names are told together", async () => {
    const problem = await faults({
      jobIds: ["a", "b c"],
      notify: ["ops", "absent"],
      project: "nowhere",
      colour: 1,
    });
    expect(problem.errors.map(({ pointer }) => pointer).sort()).toEqual([
      ...["#/colour", "#/jobIds/1", "#/notify/1", "#/project"],
    ]);
  });

  test.each([
    ["an unknown project", { ...JOB, project: "absent" }, ["#/project"]],
    ["unknown targets", { ...JOB, notify: ["ops", "no", "constructor"] }, ["#/notify/1", "#/notify/2"]],
    ["no job", {}, ["#/jobId"]],
    ["101 jobs", { jobIds: Array.from({ length: 101 }, (_, i) => `j${i}`) }, ["#/jobIds"]],
    ["a list", [JOB], ["#"]],
    ["a prototype", JSON.parse('{"jobId":"a","__proto__":{"x":1}}'), ["#/__proto__"]],
    ["a bad ID", { jobId: "a b" }, ["#/jobId"]],
  ])("%s is told by its place", async (_, body, pointers) => {
    const problem = await faults(body);
    expect(problem.status).toBe(422);
    expect(problem.errors.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  test("in the query are told by the parameter", async () => {
    const query = "?from=cce&project=absent&project=x&notify=-&deadlineMinutes=soon&runUrl=x&colour=red";
    const problem = await faults({ kind: "Status" }, query);
    expect(problem.status).toBe(422);
    expect(problem.errors).toEqual(
      expect.arrayContaining([
        { parameter: "colour", detail: "is not a parameter of this call" },
        { parameter: "project", detail: "is given more than once" },
        expect.objectContaining({ parameter: "notify" }),
        expect.objectContaining({ parameter: "deadlineMinutes" }),
        expect.objectContaining({ parameter: "runUrl" }),
        { pointer: "#", detail: expect.stringContaining("holds no job ID") },
      ]),
    );
  });

  test.each([
    ["a parameter without from=cce", "?notify=ops", "notify"],
    ["another source", "?from=aws", "from"],
  ])("%s is refused by name", async (_, query, parameter) => {
    const problem = await faults(JOB, query);
    expect(problem.errors).toEqual(expect.arrayContaining([expect.objectContaining({ parameter })]));
  });

  test("thousands of faults are told as a hundred and how many more", async () => {
    const problem = await faults(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, 1])));
    expect(problem.errors).toHaveLength(100);
    expect(problem.detail).toMatch(/These are the first 100; there are 49\d\d more\.$/);
  });

  test.each([
    ["not JSON", "{", {}, 400],
    ["nothing", "", { "content-type": "application/json" }, 400],
    ["a form", "jobId=a", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["another charset", "{}", { "content-type": "application/json; charset=latin1" }, 415],
    ["too large a body", `"${"a".repeat(256 * 1024)}"`, {}, 413],
  ])("%s is a problem of its own", async (_, body, headers, status) => {
    const api = createHarness();
    expect((await api.ask("POST", "/v1/jobs", { body, headers })).status).toBe(status);
  });
});
