import { readSubmission } from "../../../lib/api/read-submission.ts";

/** Reads a request and returns the submission and the errors, each as its position and its text. */
function read(body: unknown, query = "") {
  const result = readSubmission({
    method: "POST",
    path: "/v1/jobs",
    query: new URLSearchParams(query),
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    requestId: "r",
    sourceIp: "192.0.2.1",
  });
  if (result.kind !== "submission") return result;
  const errors = result.errors.map(({ pointer, parameter, detail }) => `${pointer ?? parameter}: ${detail}`);
  return { submission: result.submission, errors, locate: result.locate };
}
const errorsOf = (body: unknown, query?: string) => {
  const result = read(body, query);
  return "errors" in result ? result.errors : [];
};
const submissionOf = (body: unknown, query?: string) => {
  const result = read(body, query);
  return "submission" in result ? result.submission : null;
};

describe("a submission", () => {
  it.each([
    { jobId: "j" },
    { jobIds: ["a", "b"], project: "prod", notify: ["ops"], digest: true },
    { operation: { kind: "awake", clusterId: "c" }, deadlineMinutes: 5 },
  ])("without errors is returned unchanged: %j", (body) => {
    expect(read(body)).toMatchObject({ submission: body, errors: [] });
  });

  it.each<[unknown, string[]]>([
    [{}, ["#/jobId: is missing. Give 'jobId', 'jobIds' or 'operation'."]],
    [{ jobId: "j", jobIds: ["k"] }, ["#/jobIds: must not be given together with 'jobId'"]],
    [
      { jobIds: ["k"], operation: { kind: "awake", clusterId: "c" } },
      ["#/operation: must not be given together with 'jobIds'"],
    ],
    [{ jobIds: [] }, ["#/jobIds: must have at least 1 job"]],
    [{ jobId: "j", jobid: "k" }, ["#/jobid: unknown field"]],
    [[], ["#: must be an object"]],
    [7, ["#: must be an object"]],
  ])("with the body %j has these errors: %j", (body, errors) => {
    expect(errorsOf(body)).toEqual(errors);
  });

  it("names the wrong place of a query parameter", () => {
    expect(errorsOf({ jobId: "j" }, "project=prod")).toEqual([
      "project: unknown parameter. Without 'from=cce', all fields belong in the body.",
    ]);
  });

  it("with 100 jobs and 50 targets is accepted, and with more it is refused with one error per array", () => {
    const many = (jobs: number, targets: number) => ({
      jobIds: Array.from({ length: jobs }, (_, i) => `j${i}`),
      notify: Array.from({ length: targets }, (_, i) => `t${i}`),
    });
    expect(errorsOf(many(100, 50))).toEqual([]);
    expect(errorsOf(many(101, 51))).toEqual([
      "#/jobIds: must have at most 100 jobs",
      "#/notify: must have at most 50 targets",
    ]);
    expect(submissionOf(many(500, 500))?.jobIds).toHaveLength(101);
    expect(submissionOf(many(500, 500))?.notify).toHaveLength(51);
    const context = { labels: { a: "b" } };
    expect(submissionOf({ jobId: "j", context })).toEqual({ jobId: "j", context });
  });

  it("with an error also has an error for each malformed job ID, and no errors for a wrong job ID alone", () => {
    const malformed = "1 to 128 letters";
    expect(errorsOf({ jobIds: ["ok", "../x"] })).toEqual([]);
    expect(errorsOf({ jobIds: ["ok", "../x"], digest: 1 })).toEqual([
      expect.stringMatching(/^#\/digest: /),
      expect.stringMatching(`^#/jobIds/1: .*${malformed}`),
    ]);
    expect(errorsOf({ jobId: "../x", digest: 1 })).toEqual([
      expect.stringMatching(/^#\/digest: /),
      expect.stringMatching(`^#/jobId: .*${malformed}`),
    ]);
    expect(errorsOf({ jobId: "ok", digest: 1 })).toHaveLength(1);
  });

  it("with errors contains only its readable IDs, names and callback URL", () => {
    const callbackUrl = "https://ci.example.com/";
    const names = { project: "prod", notify: ["ops", 7, "audit"], callbackUrl };
    expect(submissionOf({ ...names, jobIds: ["a", "b"], deadlineMinutes: 0 })).toEqual({
      jobIds: ["a", "b"],
      project: "prod",
      notify: ["ops", "", "audit"],
      callbackUrl,
    });
    expect(submissionOf({ jobId: "j", digest: 1 })).toEqual({ jobId: "j" });
    expect(
      submissionOf({ jobId: 7, jobIds: ["a", 7], project: "?", notify: "ops", callbackUrl: "" }),
    ).toEqual({});
    expect(submissionOf({ jobIds: "a", digest: 1 })).toEqual({});
    expect(submissionOf([])).toEqual({});
  });

  it("that is empty or not JSON is a problem", () => {
    for (const body of ["", "{", " \n"]) expect(read(body)).toMatchObject({ kind: "problem" });
    expect(read("", "from=cce")).toMatchObject({ kind: "problem" });
    expect(read("", "operation=hibernate")).toMatchObject({ kind: "problem" });
    expect(read("{", "from=cce&operation=hibernate")).toMatchObject({ kind: "problem" });
  });
});

describe("a reply of CCE", () => {
  const REPLY = { kind: "Cluster", metadata: { uid: "c-1" }, status: { jobID: "j-1" } };
  const NO_JOB =
    "#: contains no job ID and no operation. Send the reply of CCE to the call that started the job or the operation.";

  it("with from=cce is a submission with the fields of the query", () => {
    const query =
      "from=cce&project=prod&notify=a,b&notify=c&callbackUrl=https://x.example/&until=ready&deadlineMinutes=5&readyMinutes=1.5&actor=kim&pipeline=p&runUrl=https://r.example/&commit=c0ffee";
    expect(read(REPLY, query)).toMatchObject({
      submission: {
        jobId: "j-1",
        project: "prod",
        notify: ["a", "b", "c"],
        callbackUrl: "https://x.example/",
        until: "ready",
        deadlineMinutes: 5,
        readyMinutes: 1.5,
        context: { actor: "kim", pipeline: "p", runUrl: "https://r.example/", commit: "c0ffee" },
      },
      errors: [],
    });
    expect(submissionOf(REPLY, "from=cce")).toEqual({ jobId: "j-1" });
  });

  it("may be empty if the query names the operation", () => {
    for (const body of ["", " \n"])
      expect(submissionOf(body, "from=cce&operation=hibernate&clusterId=c-1")).toEqual({
        operation: { kind: "hibernate", clusterId: "c-1" },
      });
  });

  it.each<[unknown, string, string[]]>([
    [
      REPLY,
      "",
      [
        "from: is missing. The body is a reply of CCE, so add '?from=cce'. A submission contains 'jobId', 'jobIds' or 'operation'.",
      ],
    ],
    [REPLY, "from=x", ["from: must be 'cce'"]],
    [REPLY, "from=cce&from=cce", ["from: must be given only once"]],
    [REPLY, "from=cce&actor=a&actor=b", ["actor: must be given only once"]],
    [REPLY, "from=cce&colour=red", ["colour: unknown parameter"]],
    [REPLY, "from=cce&notify=", ["notify: must not be empty. Omit 'notify' to notify the default targets."]],
    [REPLY, "from=cce&notify=a,?", [expect.stringMatching(/^notify: entry 2 /)]],
    [REPLY, "from=cce&project=?", [expect.stringMatching(/^project: /)]],
    [REPLY, "from=cce&deadlineMinutes=0x10", [expect.stringMatching(/^deadlineMinutes: /)]],
    [REPLY, "from=cce&readyMinutes=", [expect.stringMatching(/^readyMinutes: /)]],
    [REPLY, "from=cce&runUrl=x", [expect.stringMatching(/^runUrl: /)]],
    [{ items: [] }, "from=cce", [NO_JOB]],
    [[], "from=cce", [NO_JOB]],
    [
      { error_code: "CCE.01400001", error_msg: "no quota" },
      "from=cce",
      [expect.stringMatching(/^#: CCE refused the call: .*no quota/)],
    ],
    ["", "from=cce&operation=unknown&clusterId=c", [expect.stringMatching(/^operation: /)]],
    ["", "from=cce&operation=hibernate", [expect.stringMatching(/^clusterId: /)]],
  ])("%j with the query '%s' has these errors: %j", (body, query, errors) => {
    expect(errorsOf(body, query)).toEqual(errors);
  });

  it("with an error in the query still contains its readable names", () => {
    expect(submissionOf(REPLY, "from=cce&project=prod&notify=a,?&deadlineMinutes=0")).toEqual({
      project: "prod",
      notify: ["a", "?"],
    });
  });

  it("locates the fields of the submission in the query", () => {
    const result = read(REPLY, "from=cce");
    if (!("locate" in result)) throw new Error("the request is valid");
    const { locate } = result;
    expect([
      locate(["project"]),
      locate(["notify", 1]),
      locate(["context", "actor"]),
      locate(["context"]),
      locate(["jobId"]),
      locate(["operation", "kind"]),
      locate(["operation", "clusterId"]),
      locate(["operation", "taskId"]),
    ]).toEqual([
      { parameter: "project" },
      { parameter: "notify" },
      { parameter: "actor" },
      { pointer: "#" },
      { pointer: "#" },
      { parameter: "operation" },
      { parameter: "clusterId" },
      { pointer: "#" },
    ]);
  });
});
