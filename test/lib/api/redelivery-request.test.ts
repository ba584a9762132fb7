import type { ApiRequest } from "../../../lib/api/http-message.ts";
import type { ProblemResponse } from "../../../lib/api/problem-response.ts";
import {
  createPageTokenOfMissedRedelivery,
  readMissedRedeliveryRequest,
  readRedeliveryRequest,
} from "../../../lib/api/redelivery-request.ts";

const request = (body: unknown, query = ""): ApiRequest => ({
  method: "POST",
  path: "/",
  query: new URLSearchParams(query),
  headers: {},
  body: typeof body === "string" ? body : JSON.stringify(body),
  requestId: "r",
  sourceIp: "192.0.2.1",
});
const errorsOf = (response: ProblemResponse | { readonly kind: string }) =>
  "problem" in response
    ? (response.problem.errors ?? []).map(
        ({ pointer, parameter, detail }) => `${pointer ?? parameter}: ${detail}`,
      )
    : null;

const NAME = "a".repeat(64);
test.each<[unknown, object]>([
  ["", {}],
  [{}, {}],
  [
    { targets: ["deploys", "callback:0a", "a_-9", NAME] },
    { targets: ["deploys", "callback:0a", "a_-9", NAME] },
  ],
])("a redelivery request with the body %j is %j", (body, redelivery) => {
  expect(readRedeliveryRequest(request(body))).toEqual({ kind: "redelivery", redelivery });
});

test.each<[unknown, string, unknown[] | null]>([
  [{ targets: [`${NAME}a`] }, "", ["#/targets/0: must be the name of a target of the watch"]],
  [
    { targets: ["-a", "x callback:a", "a b", ""] },
    "",
    Array(4).fill(expect.stringContaining("must be the name of a target")),
  ],
  [{ targets: Array(50).fill("a") }, "", null],
  [{ targets: Array(51).fill("a") }, "", ["#/targets: must have at most 50 targets"]],
  [{ targets: [] }, "", ["#/targets: must have at least 1 target. Omit 'targets' to notify all targets."]],
  [{ target: "a" }, "", ["#/target: unknown field"]],
  [{}, "targets=a", ['targets: unknown parameter. Send the targets in the body: {"targets":["NAME"]}.']],
  [{}, "colour=red", ["colour: unknown parameter"]],
  ["{", "", ["#: must be JSON"]],
])("a redelivery request with the body %j and the query '%s' has the errors %j", (body, query, errors) => {
  expect(errorsOf(readRedeliveryRequest(request(body, query)))).toEqual(errors);
});

const since = "2026-11-23T09:30:00+01:00";

test("a request for missed notifications has a time, and continues at the position of its page token", () => {
  expect(readMissedRedeliveryRequest(request({ since }))).toEqual({
    kind: "missed",
    since: Date.parse(since),
    dryRun: false,
    from: null,
  });
  const page = Buffer.from(JSON.stringify([1, "j", "token:ci"])).toString("base64url");
  for (const from of [
    { project: "prod", before: null },
    { project: "prod", before: page },
  ]) {
    const before = createPageTokenOfMissedRedelivery(from);
    expect(readMissedRedeliveryRequest(request({ since, dryRun: true }, `before=${before}`))).toMatchObject({
      dryRun: true,
      from,
    });
  }
});

const token = (position: unknown) => Buffer.from(JSON.stringify(position)).toString("base64url");
const NO_TOKEN = "before: must be the value of 'next' from the previous response";
test.each<[unknown, string, unknown[]]>([
  [{}, "", ["#/since: must be a time such as '2026-11-23T09:30:00Z'"]],
  [{ since: "2026-11-23" }, "", ["#/since: must be a time such as '2026-11-23T09:30:00Z'"]],
  [{ since }, "before=x", [NO_TOKEN]],
  [{ since }, `before=${token(["prod"])}`, [NO_TOKEN]],
  [{ since }, `before=${token(["?", null])}`, [NO_TOKEN]],
  [{ since }, "after=x", ["after: unknown parameter"]],
  [{ since: 7 }, "before=x", [NO_TOKEN, expect.stringMatching(/^#\/since: /)]],
  ["{", "before=x", [NO_TOKEN]],
  ["{", "", ["#: must be JSON"]],
])(
  "a request for missed notifications with the body %j and the query '%s' has the errors %j",
  (body, query, errors) => {
    expect(errorsOf(readMissedRedeliveryRequest(request(body, query)))).toEqual(errors);
  },
);
