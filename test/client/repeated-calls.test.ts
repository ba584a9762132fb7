import { jest } from "@jest/globals";
import { readCiContext } from "../../client/ci-context.ts";
import { createClient, type NotifierClient } from "../../client/client.ts";
import { MAX_TRIES } from "../../client/retry-delay.ts";

const KEY = { project: "prod", jobId: "a" };
const MISSED = { since: "2026-11-23T09:00:00Z" };

/** Returns the URLs and the time limits of the requests that a call sends to a service whose responses are lost. */
async function requestsOf(
  call: (client: NotifierClient) => Promise<unknown>,
  url = "https://notifier.example",
) {
  const requests: string[] = [];
  const limitsMs: number[] = [];
  const timeout = jest.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    limitsMs.push(ms);
    return new AbortController().signal;
  });
  const fetch = async (input: string | URL | Request): Promise<Response> => {
    requests.push(String(input));
    throw new Error("the connection was closed");
  };
  const client = createClient({ url, token: "t", fetch, wait: async () => {}, random: () => 0.5 });
  await expect(call(client)).rejects.toThrow("cannot be reached");
  timeout.mockRestore();
  return { requests, limitsMs };
}

const CALLS: readonly [string, number, (client: NotifierClient) => Promise<unknown>][] = [
  ["a submission", MAX_TRIES, (client) => client.watch({ jobId: "a" })],
  ["a submission of a reply", MAX_TRIES, (client) => client.watchReply("{}")],
  ["a status", MAX_TRIES, (client) => client.status(KEY)],
  ["a page of jobs", MAX_TRIES, (client) => client.list()],
  ["the names of the projects", MAX_TRIES, (client) => client.projects()],
  ["the names of the targets", MAX_TRIES, (client) => client.targets()],
  ["a stop", MAX_TRIES, (client) => client.stop(KEY)],
  ["a redelivery of what a target missed", MAX_TRIES, (client) => client.redeliverMissed("deploys", MISSED)],
  ["a redelivery, which would send a second notification,", 1, (client) => client.redeliver(KEY)],
  ["a test, which would send a second message,", 1, (client) => client.test("deploys")],
];
test.each(CALLS)("the call of %s is sent %d times if its response is lost", async (_, times, call) => {
  expect((await requestsOf(call)).requests).toHaveLength(times);
});

test.each([0, 25])(
  "a call that the service holds for %d s has 30 s for the response",
  async (waitSeconds) => {
    const { limitsMs } = await requestsOf((client) => client.status(KEY, waitSeconds));
    expect(new Set(limitsMs)).toEqual(new Set([30_000 + waitSeconds * 1000]));
  },
);

test.each<[string, string, (client: NotifierClient) => Promise<unknown>]>([
  ["a status", "/v1/jobs/a%2Fb/c%3Fd", (client) => client.status({ project: "a/b", jobId: "c?d" })],
  ["a stop", "/v1/jobs/a%2Fb/c%3Fd", (client) => client.stop({ project: "a/b", jobId: "c?d" })],
  [
    "a redelivery",
    "/v1/jobs/a%2Fb/c%3Fd/redeliver",
    (client) => client.redeliver({ project: "a/b", jobId: "c?d" }),
  ],
  ["a test", "/v1/targets/a%2Fb/test", (client) => client.test("a/b")],
  [
    "a redelivery of what a target missed",
    "/v1/targets/a%2Fb/redeliver?before=x%26y",
    (client) => client.redeliverMissed("a/b", MISSED, "x&y"),
  ],
  [
    "a page of jobs",
    "/v1/jobs?text=a%26b&label=c%3Ad",
    (client) =>
      client.list([
        ["text", "a&b"],
        ["label", "c:d"],
      ]),
  ],
  [
    "a submission of a reply",
    "/v1/jobs?from=cce&actor=a%26b",
    (client) => client.watchReply("{}", { actor: "a&b" }),
  ],
])("the URL of %s has escaped names", async (_, path, call) => {
  expect((await requestsOf(call)).requests[0]).toBe(`https://notifier.example${path}`);
});

test.each(["https://notifier.example", "https://notifier.example/", "https://notifier.example//"])(
  "the path of a call follows the URL %s with one slash",
  async (url) => {
    const { requests } = await requestsOf((client) => client.test("deploys"), url);
    expect(requests).toEqual(["https://notifier.example/v1/targets/deploys/test"]);
  },
);

test.each([
  [1000, true],
  [1001, false],
])("the URL of a pipeline run with %d characters is sent: %j", (length, isSent) => {
  const BUILD_URL = "https://ci.example/".padEnd(length, "x");
  const { runUrl } = readCiContext({ JENKINS_URL: "https://ci.example", BUILD_URL });
  expect(runUrl).toBe(isSent ? BUILD_URL : undefined);
});
