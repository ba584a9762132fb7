import { NotifyMessage, PollMessage, parseMessage } from "../../../lib/queue/messages.ts";
import fc, { anyCharacter } from "../../support/properties.ts";
import { TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";

/** FUZZ_RUNS=20000 makes a long run. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 5000);

const word = fc.oneof(
  fc.constantFrom("prod", "secret", "absent", "a", "job-1", "..", "constructor", "__proto__", "*", ""),
  fc.string({ unit: anyCharacter, maxLength: 12 }),
);
const encoded = word.map((text) => encodeURIComponent(text.toWellFormed()));
const path = fc.oneof(
  fc.constantFrom("/v1/jobs", "/v1/jobs", "/v1/health", "/v1/openapi.json", "/docs", "/jobs", "/%", "//", ""),
  fc.tuple(encoded, encoded).map(([project, jobId]) => `/v1/jobs/${project}/${jobId}`),
  fc.tuple(encoded, encoded).map(([project, jobId]) => `/v1/jobs/${project}/${jobId}/redeliver`),
  fc.tuple(encoded, encoded).map(([project, jobId]) => `/jobs/${project}/${jobId}`),
  encoded.map((name) => `/v1/targets/${name}/test`),
  fc.string({ unit: anyCharacter, maxLength: 40 }),
);
const query = fc.array(
  fc.tuple(
    fc.oneof(
      fc.constantFrom(
        "from",
        "notify",
        "project",
        "wait",
        "key",
        "before",
        "state",
        "limit",
        "deadlineMinutes",
      ),
      word,
    ),
    fc.oneof(fc.constantFrom("cce", "prod", "ops,audit", "1", "5", "NaN", "zz.zz"), word),
  ),
  { maxLength: 4 },
);
const jobId = fc.oneof(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,9}$/), fc.constant("a"), word);
const submission = fc.record(
  {
    jobId: fc.oneof({ weight: 4, arbitrary: jobId }, fc.jsonValue()),
    jobIds: fc.oneof({ weight: 4, arbitrary: fc.array(jobId, { maxLength: 5 }) }, fc.jsonValue()),
    project: fc.oneof(fc.constant("prod"), word, fc.jsonValue()),
    notify: fc.oneof(
      fc.subarray(["deploys", "audit", "ops"]),
      fc.array(word, { maxLength: 3 }),
      fc.jsonValue(),
    ),
    callbackUrl: fc.oneof(fc.constant("https://hooks.example.com/x"), fc.webUrl(), word),
    deadlineMinutes: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.double(), fc.jsonValue()),
    digest: fc.oneof(fc.boolean(), fc.jsonValue()),
    context: fc.oneof(fc.record({ actor: word, labels: fc.dictionary(word, word) }), fc.jsonValue()),
    targets: fc.oneof(fc.array(word, { maxLength: 2 }), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  { weight: 5, arbitrary: submission.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: jobId.map((id) => JSON.stringify({ status: { jobID: id } })) },
  fc.json(),
  fc.string({ unit: anyCharacter }),
);
const headers = fc.record(
  {
    authorization: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(TOKENS.all, TOKENS.team).map((token) => `Bearer ${token}`) },
      fc.constantFrom("Bearer ", "Bearer eyJh.eyJp.c2ln", "Basic eDp5"),
      fc.string({ unit: anyCharacter }),
    ),
    "content-type": fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom("application/json", "application/cloudevents+json; charset=UTF-8"),
      },
      fc.string({ unit: anyCharacter }),
    ),
    "if-none-match": fc.oneof(fc.constant("*"), fc.string({ unit: anyCharacter })),
    cookie: fc.string(),
  },
  { requiredKeys: [] },
);
const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("POST", "POST", "GET", "DELETE", "HEAD") },
  fc.constantFrom("PUT", "PATCH", "OPTIONS", "TRACE", "BREW", ""),
);

const wild = fc.record({ method, path, query, headers, body });

/** Requests that are almost valid. Many of these requests are accepted, and the other requests fail late. */
const id = fc.oneof(fc.constant("a"), fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,9}$/));
const most = <T, U>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<U>) =>
  fc.oneof<[fc.WeightedArbitrary<T>, fc.WeightedArbitrary<U>]>(
    { weight: 9, arbitrary: good },
    { weight: 1, arbitrary: bad },
  );
const goodHeaders = fc
  .constantFrom(TOKENS.all, TOKENS.team)
  .map((token) => ({ authorization: `Bearer ${token}` }));
const nearly = fc
  .record({
    /** Only POST /v1/jobs needs a body. */
    bodiless: most(fc.constant(true), fc.constant(false)),
    method: fc.constantFrom("POST", "POST", "POST", "DELETE", "GET"),
    path: most(fc.constantFrom("/v1/jobs", "/v1/jobs", "/v1/jobs/prod/a", "/v1/targets/ops/test"), path),
    query: most(fc.constant<[string, string][]>([]), query),
    headers: most(goodHeaders, headers),
    body: fc
      .record(
        {
          jobIds: most(fc.array(most(id, word), { minLength: 1, maxLength: 5 }), fc.jsonValue()),
          project: most(fc.constant("prod"), word),
          notify: most(fc.subarray(["deploys", "audit", "ops"]), fc.array(word)),
          callbackUrl: most(fc.constant("https://hooks.example.com/x"), fc.webUrl()),
          deadlineMinutes: most(fc.integer({ min: 1, max: 99 }), fc.double()),
          digest: most(fc.boolean(), fc.jsonValue()),
        },
        { requiredKeys: ["jobIds"] },
      )
      .map((value) => JSON.stringify(value)),
  })
  .map(({ bodiless, ...request }) =>
    bodiless && request.path !== "/v1/jobs" ? { ...request, body: "" } : request,
  );

test("no request gets a 5xx response or puts an invalid message into a queue", async () => {
  const api = createHarness();
  const statuses = new Set<number>();
  const sent = () => api.pollQueue.state.sent + api.notifyQueue.state.sent;
  await fc.assert(
    fc.asyncProperty(fc.oneof(wild, nearly), async (request) => {
      const before = sent();
      const query = new URLSearchParams(request.query);
      const answer = await api.send({ ...request, query, requestId: "request-1", sourceIp: "192.0.2.1" });
      statuses.add(answer.status);
      expect(answer.status).toBeLessThan(500);
      if (answer.status >= 400 && answer.body?.startsWith("{"))
        expect(JSON.parse(answer.body)).toMatchObject({ status: answer.status });
      // Stopping the last running job of a digest sends the digest.
      if (answer.status !== 202 && answer.status !== 204) expect(sent()).toBe(before);
      for (const message of api.pollQueue.state.messages)
        expect(parseMessage(PollMessage, message.body).kind).toBe("message");
      for (const message of api.notifyQueue.state.messages)
        expect(parseMessage(NotifyMessage, message.body).kind).toBe("message");
      api.pollQueue.purge();
      api.notifyQueue.purge();
    }),
    { numRuns: RUNS },
  );
  expect([...statuses.keys()]).toEqual(
    expect.arrayContaining([200, 202, 204, 400, 401, 403, 404, 405, 415, 422]),
  );
});
