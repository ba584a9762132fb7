import { createHash } from "node:crypto";
import { logAndCountAccepted } from "../../../functions/enqueue/create-enqueue-handler.ts";
import { createApproximateRunningWatchLimitPerCaller } from "../../../functions/enqueue/running-watch-limit.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { createMemoryLedger } from "../../simulation/memory-ledger.ts";
import { capturedLog } from "../captured-log.ts";
import { json } from "../http-answers.ts";
import { CONFIG, TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";
import { end, watched } from "../http-watched.ts";

const JOB = { jobId: "a" };
const RIGHTS = { projects: ["*"], targets: ["*"], operations: ["*"] };
const missingRight = (name: string) => `the token has no right to the operation 'watch' for the ${name}`;

describe("authentication", () => {
  test.each([
    ["no token", null, {}, 'Bearer realm="cce-job-notifier"'],
    ["another scheme", null, { authorization: "Basic abc" }, expect.stringContaining("invalid_token")],
    ["an unknown token", "nobody", {}, expect.stringContaining("invalid_token")],
  ])("refuses %s with a 401 and a challenge", async (_, token, headers, challenge) => {
    const api = createHarness();
    const answer = await api.ask("POST", "/v1/jobs", { body: JOB, token, headers });
    expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": challenge } });
    expect(api.calls).toEqual([]);
  });

  test("distinguishes a malformed header from an unknown token", async () => {
    const details = await Promise.all(
      ["Basic eDp5", "token-of-all", "Bearer nobody"].map(async (authorization) =>
        json(
          await createHarness().ask("POST", "/v1/jobs", {
            body: JOB,
            token: null,
            headers: { authorization },
          }),
        ),
      ),
    );
    expect(details.map(({ detail }) => detail)).toEqual([
      expect.stringContaining("Send 'Authorization: Bearer TOKEN'"),
      expect.stringContaining("Send 'Authorization: Bearer TOKEN'"),
      expect.stringContaining("not valid for this service"),
    ]);
  });

  test("happens before the body is parsed", async () => {
    expect((await createHarness().ask("POST", "/v1/jobs", { body: "{", token: "nobody" })).status).toBe(401);
  });

  test("accepts both tokens during a rotation", async () => {
    const api = createHarness();
    for (const token of [TOKENS.all, TOKENS.rotated])
      expect((await api.ask("POST", "/v1/jobs", { body: JOB, token })).status).toBe(202);
  });

  test("refuses every token when the config has no tokens", async () => {
    const api = createHarness({ config: { ...CONFIG, tokens: {} } });
    expect((await api.ask("POST", "/v1/jobs", { body: JOB })).status).toBe(401);
  });

  test("answers 503 when the issuer of a token cannot be reached", async () => {
    const oidc = [{ ...RIGHTS, issuer: "https://ci.example.com", audience: "us", claims: { sub: "*" } }];
    const api = createHarness({
      config: { ...CONFIG, oidc },
      identify: async () => ({ kind: "unavailable", issuer: "https://ci", cause: new Error("down") }),
    });
    const answer = await api.ask("POST", "/v1/jobs", { body: JOB, token: "eyJh.eyJp.c2ln" });
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "30" } });
    expect(api.failures).toEqual(["issuer"]);
  });
});

describe("authorization", () => {
  test("names each missing right with its position, and reads nothing from the ledger", async () => {
    const api = createHarness();
    const body = { ...JOB, project: "secret", notify: ["deploys", "audit", "nowhere"] };
    const answer = await api.ask("POST", "/v1/jobs", { body, token: TOKENS.team });
    expect(answer.status).toBe(403);
    expect(json(answer).errors).toEqual([
      { pointer: "#/project", detail: missingRight("project 'secret'") },
      { pointer: "#/notify/1", detail: missingRight("target 'audit'") },
      { pointer: "#/notify/2", detail: missingRight("target 'nowhere'") },
    ]);
    expect(json(answer).detail).toContain("'watch'");
    expect(api.calls).toEqual([]);
  });

  test("refuses a token without the right to watch before the body is parsed, and names the operation", async () => {
    const reader = { sha256: createHash("sha256").update("reader").digest("hex") };
    const tokens = { reader: { ...reader, projects: ["*"], targets: ["*"], operations: ["read"] } };
    const api = createHarness({ config: { ...CONFIG, tokens } });
    for (const body of [JOB, "{"]) {
      const answer = await api.ask("POST", "/v1/jobs", { body, token: "reader" });
      expect(answer.status).toBe(403);
      expect(json(answer).detail).toContain("'watch'");
    }
    expect(api.calls).toEqual([]);
  });

  test("gives the same answer for an existing and a missing project outside the caller's rights", async () => {
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

test("the config is read again only if a request names a target that the config in memory does not have", async () => {
  const configOf = (targets: object) => {
    const parsed = parseWholeConfig({ ...CONFIG, targets });
    if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
    return parsed.config;
  };
  const { ops: _, ...targets } = CONFIG.targets;
  const [before, after] = [configOf(targets), configOf(CONFIG.targets)];
  let reads = 0;
  const api = createHarness({
    readConfig: async () => {
      reads += 1;
      return reads % 3 === 0 ? after : before;
    },
  });
  const ask = (notify: string[]) => api.ask("POST", "/v1/jobs", { body: { ...JOB, notify } });
  expect((await ask(["ops"])).status).toBe(202);
  expect(reads).toBe(3);
  expect((await ask(["audit"])).status).toBe(202);
  expect(reads).toBe(5);
});

test("an accepted call is reported with its caller, its project and its jobs", async () => {
  const api = createHarness();
  await api.ask("POST", "/v1/jobs", { body: { jobIds: ["a", "../a"] } });
  expect(api.accepted).toEqual([{ caller: "token:all", project: "prod", jobs: ["accepted", "rejected"] }]);
});

test("an accepted call is logged with the new watches, which are counted", async () => {
  const result = { project: "prod", deadlineAt: null, statusUrl: null, pageUrl: null } as const;
  const { logged, metrics } = await capturedLog(() =>
    logAndCountAccepted({ caller: "token:ci", project: "prod" }, [
      { ...result, jobId: "a", status: "accepted" },
      { ...result, jobId: "b", status: "already_watching" },
      { ...result, jobId: "c", status: "rejected" },
    ]),
  );
  const counts = { asked: 3, accepted: 1, job_ids: ["a"] };
  expect(logged).toEqual([{ message: "accept", caller: "token:ci", project: "prod", ...counts }]);
  expect(metrics).toMatchObject({ Accepted: 1 });
});

describe("errors of a request", () => {
  const faults = async (body: unknown, query = "") => {
    const api = createHarness();
    const answer = await api.ask("POST", `/v1/jobs${query}`, { body });
    expect(api.calls).toEqual([]);
    expect(answer.headers?.["content-type"]).toBe("application/problem+json");
    const problem = json(answer);
    expect(problem.status).toBe(answer.status);
    return problem;
  };

  test("are reported together, each with its position", async () => {
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

  test("in the form and in the names are reported together", async () => {
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

  test("are reported for each name in notify", async () => {
    const problem = await faults({ ...JOB, notify: ["nope", "a b", 7, "ops"] });
    expect(problem.errors.toSorted((a, b) => (a.pointer ?? "").localeCompare(b.pointer ?? ""))).toEqual([
      { pointer: "#/notify/0", detail: "unknown target 'nope'. Targets you may use: deploys, audit, ops." },
      { pointer: "#/notify/1", detail: expect.stringContaining("1 to 64 letters") },
      { pointer: "#/notify/2", detail: "must be a string" },
    ]);
  });

  test("are plain sentences", async () => {
    const problem = await faults({
      ...JOB,
      deadlineMinutes: 0,
      callbackUrl: "",
      digest: "yes",
      context: { actor: "x".repeat(201), runUrl: null },
    });
    expect(Object.fromEntries(problem.errors.map(({ pointer, detail }) => [pointer, detail]))).toEqual({
      "#/deadlineMinutes": "must be more than 0",
      "#/callbackUrl": "must not be empty",
      "#/digest": "must be a boolean",
      "#/context/actor": "must have at most 200 characters",
      "#/context/runUrl": "must be a string",
    });
  });

  test.each([
    ["an unknown project", { ...JOB, project: "absent" }, ["#/project"]],
    ["unknown targets", { ...JOB, notify: ["ops", "no", "constructor"] }, ["#/notify/1", "#/notify/2"]],
    ["no job", {}, ["#/jobId"]],
    ["101 jobs", { jobIds: Array.from({ length: 101 }, (_, i) => `j${i}`) }, ["#/jobIds"]],
    ["an array", [JOB], ["#"]],
    ["a prototype", JSON.parse('{"jobId":"a","__proto__":{"x":1}}'), ["#/__proto__"]],
    [
      "a label with the name of a prototype",
      JSON.parse('{"jobId":"a","context":{"labels":{"constructor":"kept","__proto__":"x"}}}'),
      ["#/context/labels/__proto__"],
    ],
    ["a bad ID", { jobId: "a b" }, ["#/jobId"]],
  ])("are reported by place: %s", async (_, body, pointers) => {
    const problem = await faults(body);
    expect(problem.status).toBe(422);
    expect(problem.errors.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  test("in the query are reported by parameter", async () => {
    const query = "?from=cce&project=absent&project=x&notify=-&deadlineMinutes=soon&runUrl=x&colour=red";
    const problem = await faults({ kind: "Status" }, query);
    expect(problem.status).toBe(422);
    expect(problem.errors).toEqual(
      expect.arrayContaining([
        { parameter: "colour", detail: "unknown parameter" },
        { parameter: "project", detail: "must be given only once" },
        expect.objectContaining({ parameter: "notify" }),
        expect.objectContaining({ parameter: "deadlineMinutes" }),
        expect.objectContaining({ parameter: "runUrl" }),
        { pointer: "#", detail: expect.stringContaining("contains no job ID") },
      ]),
    );
  });

  test("in the form and in the names of the query are reported together", async () => {
    const query = "?from=cce&project=nope&notify=a,b,ops,c%20d&deadlineMinutes=abc";
    const problem = await faults({ status: { jobID: "a" } }, query);
    expect(problem.errors.toSorted((a, b) => a.detail.localeCompare(b.detail))).toEqual([
      { parameter: "notify", detail: expect.stringMatching(/^entry 4 must be 1 to 64 letters/) },
      { parameter: "deadlineMinutes", detail: "must be a number" },
      { parameter: "project", detail: "unknown project 'nope'. Projects you may use: prod, secret." },
      { parameter: "notify", detail: "unknown target 'a'. Targets you may use: deploys, audit, ops." },
      { parameter: "notify", detail: "unknown target 'b'. Targets you may use: deploys, audit, ops." },
    ]);
  });

  test.each(["notify=", "notify=,", "notify=%20&notify="])(
    "include an empty list of targets in the query: %s",
    async (names) => {
      const problem = await faults({ status: { jobID: "a" } }, `?from=cce&${names}`);
      expect(problem.errors).toEqual([
        { parameter: "notify", detail: "must not be empty. Omit 'notify' to notify the default targets." },
      ]);
    },
  );

  test("do not include a trailing comma in the query or an empty array in the body", async () => {
    const api = createHarness();
    const reply = { status: { jobID: "a" } };
    expect((await api.ask("POST", "/v1/jobs?from=cce&notify=ops,", { body: reply })).status).toBe(202);
    expect((await api.ask("POST", "/v1/jobs", { body: { jobId: "b", notify: [] } })).status).toBe(202);
    const [named, nobody] = await Promise.all(
      ["a", "b"].map((jobId) =>
        api.ledger.readWatchDocumentOrNull({ project: "prod", jobId, caller: "token:all" }),
      ),
    );
    expect([named?.watch.targets, nobody?.watch.targets]).toEqual([["ops"], []]);
  });

  test.each([
    ["a parameter without from=cce", "?notify=ops", "notify"],
    ["another source", "?from=aws", "from"],
  ])("name the parameter: %s", async (_, query, parameter) => {
    const problem = await faults(JOB, query);
    expect(problem.errors).toEqual(expect.arrayContaining([expect.objectContaining({ parameter })]));
  });

  test.each([
    ["a job", { kind: "Cluster", status: { jobID: "a" } }, []],
    [
      "a refusal",
      { errorCode: "CCE.01400001", errorMsg: "Invalid request." },
      [{ pointer: "#", detail: "CCE refused the call: CCE.01400001, Invalid request." }],
    ],
  ])("explain how to send a reply of CCE with %s", async (_, reply, others) => {
    const problem = await faults(reply, "?project=absent");
    expect(problem.errors).toEqual([
      { parameter: "from", detail: expect.stringContaining("add '?from=cce'") },
      ...others,
      { parameter: "project", detail: expect.stringContaining("unknown project 'absent'") },
    ]);
  });

  test.each([
    [{ errorCode: "CCE.01400001", errorMsg: "Invalid request." }, "CCE.01400001, Invalid request."],
    [
      { error_code: "APIGW.0301", error_msg: "Incorrect IAM\r\n\u202einfo" },
      "APIGW.0301, Incorrect IAM info",
    ],
    [{ error: { code: 403, message: "no".repeat(300) } }, `403, ${"no".repeat(300).slice(0, 199)}…`],
  ])("quote a refusal by CCE, truncated to one line", async (reply, text) => {
    const problem = await faults(reply, "?from=cce");
    expect(problem.errors).toEqual([{ pointer: "#", detail: `CCE refused the call: ${text}` }]);
  });

  test("are limited to 100, with the number of further errors", async () => {
    const problem = await faults(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, 1])));
    expect(problem.errors).toHaveLength(100);
    expect(problem.detail).toMatch(
      /^The request has 50\d\d errors\. See 'errors'\. The response contains only the first 100 errors\.$/,
    );
  });

  test("name the header of a compressed body and what to send", async () => {
    const api = createHarness();
    const answer = await api.ask("POST", "/v1/jobs", { body: "{}", headers: { "content-encoding": "gzip" } });
    expect(answer).toMatchObject({ status: 415, headers: { "accept-encoding": "identity" } });
    expect(json(answer).detail).toContain("content-encoding");
    const identity = { body: JOB, headers: { "content-encoding": "identity" } };
    expect((await api.ask("POST", "/v1/jobs", identity)).status).toBe(202);
  });

  test.each(["null", "NULL", "undefined", "None", "nil", "NaN", "<no value>", "", " ", null])(
    "say that the script probably found no job ID: %j",
    async (jobId) => {
      const text = /so the script probably found no job ID in the reply of CCE/;
      expect((await faults({ jobId })).errors).toEqual([
        { pointer: "#/jobId", detail: expect.stringMatching(text) },
      ]);
      expect((await faults({ jobIds: [jobId] })).errors).toEqual([
        { pointer: "#/jobIds/0", detail: expect.stringMatching(text) },
      ]);
    },
  );

  test.each([" null ", '"null"', "<nil>", "[object Object]", "{}", '""'])(
    "say that the script probably found no job ID: %j",
    async (jobId) => {
      expect((await faults({ jobId })).errors[0]?.detail).toContain("the script probably found no job ID");
    },
  );

  test.each(["$JOB_ID", `\${JOB_ID}`, "%JOB_ID%", "{{ job_id }}"])(
    "say that a variable was probably not replaced: %j",
    async (jobId) => {
      expect((await faults({ jobId })).errors[0]?.detail).toContain("A variable in the script was probably");
    },
  );

  test.each([
    { kind: "Cluster", status: { phase: "Creating", orderID: "CS2601" } },
    { orderId: "CS2601" },
    { spec: { extendParam: { orderID: "CS2601" } }, status: { jobID: "" } },
    { data: { order_id: "CS2601", jobID: null } },
  ])("say that a prepaid resource has an order and no job yet: %j", async (reply) => {
    for (const query of ["", "?from=cce"])
      expect((await faults(reply, query)).errors).toContainEqual({
        pointer: "#",
        detail: expect.stringMatching(/^contains the order CS2601 of a prepaid resource and no job ID\./),
      });
  });

  test.each([
    ["not JSON", "{", {}, 400],
    ["nothing", "", { "content-type": "application/json" }, 400],
    ["a form", "jobId=a", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["another charset", "{}", { "content-type": "application/json; charset=latin1" }, 415],
    ["a compressed body", "\u001f\ufffd", { "content-encoding": "gzip" }, 415],
    ["an unknown coding", "{}", { "content-encoding": "my-coding, br" }, 415],
    ["too large a body", `"${"a".repeat(256 * 1024)}"`, {}, 413],
  ])("have their own problem for %s", async (_, body, headers, status) => {
    const api = createHarness();
    expect((await api.ask("POST", "/v1/jobs", { body, headers })).status).toBe(status);
  });
});

const withLimits = (limits: object) => ({
  config: { ...CONFIG, settings: { ...CONFIG.settings, limits: { requestsPerMinute: 0, ...limits } } },
});

describe("settings.limits.watchesPerCaller", () => {
  it("counts the watches again at once when the clock is set back by an hour", async () => {
    const clock = { now: 7_200_000 };
    let watches = 2;
    const countUnfinishedWatchesApproximately = async () => watches;
    const ledger = {
      countUnfinishedWatchesApproximately,
      readProgressEventuallyConsistent: async () => null,
    };
    const limit = createApproximateRunningWatchLimitPerCaller({ ledger, now: () => clock.now });
    const submission = { caller: "token:a", project: "prod", jobIds: ["a"] };
    expect(await limit(submission, 2)).toBe(false);
    watches = 0;
    expect(await limit(submission, 2)).toBe(false);
    clock.now -= 3_600_000;
    expect(await limit(submission, 2)).toBe(true);
  });

  const start = (watchesPerCaller: number) => {
    const api = createHarness(withLimits({ watchesPerCaller }));
    return { api, post: (jobIds: string[], token?: string) => post(api, jobIds, token) };
  };
  const post = async (api: ReturnType<typeof createHarness>, jobIds: string[], token = TOKENS.all) =>
    api.ask("POST", "/v1/jobs", { body: { jobIds, notify: [] }, token });

  it("refuses a call that would exceed the limit with 429 and Retry-After, and other callers are not affected", async () => {
    const { post: ask } = start(3);
    expect((await ask(["a", "b"])).status).toBe(202);
    const refused = await ask(["c", "d"]);
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "60" } });
    expect(json(refused).detail).toContain("settings.limits.watchesPerCaller");
    expect((await ask(["c", "c"])).status).toBe(202);
    expect((await ask(["d"])).status).toBe(429);
    expect((await ask(["d"], TOKENS.team)).status).toBe(202);
  });

  it("allows a repeated call for running watches at the limit", async () => {
    const { post: ask } = start(2);
    await ask(["a", "b"]);
    expect((await ask(["c"])).status).toBe(429);
    expect(json(await ask(["a", "b"])).jobs).toMatchObject([
      { status: "already_watching" },
      { status: "already_watching" },
    ]);
  });

  it("allows further calls ten seconds after watches have ended", async () => {
    const { api, post: ask } = start(2);
    await ask(["a", "b"]);
    expect((await ask(["c"])).status).toBe(429);
    await end(api, "succeeded", []);
    // A refused call does not extend the ten seconds.
    api.clock.now += 5000;
    expect((await ask(["c"])).status).toBe(429);
    api.clock.now += 5000;
    expect((await ask(["c"])).status).toBe(202);
  });

  it("is not checked if it is 0", async () => {
    const { api, post: ask } = start(0);
    expect((await ask(Array.from({ length: 100 }, (_, i) => `job-${i}`))).status).toBe(202);
    expect(api.calls.filter((call) => call === "ledger.countUnfinishedWatchesApproximately")).toEqual([]);
  });

  /** Creates a limit whose ledger contains no watches. The calls of the ledger are in `calls`. */
  function createCountedLimit() {
    const calls: string[] = [];
    const limit = createApproximateRunningWatchLimitPerCaller({
      ledger: {
        countUnfinishedWatchesApproximately: async (caller) => {
          calls.push(`count ${caller}`);
          return 0;
        },
        readProgressEventuallyConsistent: async ({ jobId }) => {
          calls.push(`read ${jobId}`);
          return null;
        },
      },
      now: () => 0,
    });
    const ask = (caller: string, jobs: number, watchesPerCaller: number) => {
      const jobIds = Array.from({ length: jobs }, (_, i) => `job-${i}`);
      return limit({ caller, project: "prod", jobIds }, watchesPerCaller);
    };
    return { calls, ask };
  }

  it("allows one part in 25 of the watches without a count in the ledger", async () => {
    const { calls, ask } = createCountedLimit();
    expect(await ask("a", 2, 50)).toBe(true);
    expect(calls).toEqual([]);
    expect(await ask("a", 1, 50)).toBe(true);
    expect(calls).toEqual(["count a"]);
  });

  it("reads no watch of a call that fits completely", async () => {
    const { calls, ask } = createCountedLimit();
    expect(await ask("a", 10, 10)).toBe(true);
    expect(calls).toEqual(["count a"]);
    expect(await ask("b", 3, 2)).toBe(false);
    expect(calls).toEqual(["count a", "count b", "read job-0", "read job-1", "read job-2"]);
  });

  it("counts again after one part in 25 of the watches that the last count left", async () => {
    const { calls, ask } = createCountedLimit();
    await ask("a", 50, 100);
    expect(await ask("a", 2, 100)).toBe(true);
    expect(calls).toHaveLength(1);
    expect(await ask("a", 1, 100)).toBe(true);
    expect(calls).toHaveLength(2);
  });

  it("forgets the counts of all callers at the 1001st caller, so that the memory does not grow", async () => {
    const { calls, ask } = createCountedLimit();
    const countsOfFirst = async () => {
      calls.length = 0;
      await ask("first", 1, 25);
      return calls.length;
    };
    expect(await countsOfFirst()).toBe(0);
    for (let i = 1; i < 1000; i += 1) {
      await ask(`caller-${i}`, 1, 25);
      if (i % 333 === 0) expect(await countsOfFirst()).toBe(1);
    }
    await ask("caller-1", 1, 25);
    expect(await countsOfFirst()).toBe(1);
    await ask("caller-1000", 1, 25);
    expect(await countsOfFirst()).toBe(0);
  });

  it("counts the watches in the ledger only now and then", async () => {
    let counts = 0;
    const ledger = createMemoryLedger();
    const countUnfinishedWatchesApproximately = async () => {
      counts += 1;
      return counts * 200;
    };
    const limit = createApproximateRunningWatchLimitPerCaller({
      ledger: { ...ledger, countUnfinishedWatchesApproximately },
      now: () => 0,
    });
    for (let i = 0; i < 600; i += 1)
      expect(await limit({ caller: "a", project: "p", jobIds: [`${i}`] }, 5000)).toBe(true);
    expect(counts).toBe(3);
  });
});

describe("settings.limits of one watch", () => {
  const add = (api: ReturnType<typeof createHarness>, body: object) =>
    api.ask("POST", "/v1/jobs", { body: { jobId: "a", ...body } });
  const callback = (i: number) => ({ notify: [], callbackUrl: `https://hooks.example.com/${i}` });

  it("refuse one callback more than callbacksPerWatch with 422 and the limit", async () => {
    const api = await watched(withLimits({}));
    for (let i = 0; i < 5; i += 1) expect((await add(api, callback(i))).status).toBe(202);
    const refused = await add(api, callback(5));
    expect(refused.status).toBe(422);
    expect(json(refused).errors).toEqual([
      {
        pointer: "#/jobId",
        detail: "The watch may have at most 5 callbacks (settings.limits.callbacksPerWatch).",
      },
    ]);
    expect((await add(api, callback(4))).status).toBe(202);
  });

  it("refuse targets above targetsPerWatch that several calls name", async () => {
    const api = createHarness(withLimits({ targetsPerWatch: 1 }));
    expect((await add(api, { notify: ["audit"] })).status).toBe(202);
    const refused = await add(api, { notify: ["deploys"] });
    expect([refused.status, JSON.stringify(json(refused))]).toEqual([
      422,
      expect.stringContaining("at most 1 targets (settings.limits.targetsPerWatch)"),
    ]);
  });
});
