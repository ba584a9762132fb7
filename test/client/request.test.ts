import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TokenError } from "../../client/bearer-token.ts";
import { createClient } from "../../client/client.ts";
import { githubIdentity } from "../../client/identity.ts";
import { SCHEMA_EXAMPLES } from "../../lib/openapi/schema-examples.ts";

const KEY = { project: "prod", jobId: "a" };

/** A server that gives these answers one after the other, and a client of it that does not really wait. */
async function serve(
  answers: readonly { status: number; body?: string; headers?: Record<string, string> }[],
) {
  const left = [...answers];
  const seen: (string | undefined)[] = [];
  const waits: number[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const answer = left.shift();
    if (answer === undefined) request.socket.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body ?? "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let tokens = 0;
  const client = createClient({
    url,
    token: async () => `t${++tokens}`,
    wait: async (ms) => waits.push(ms),
    random: () => 0.5,
  });
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { client, seen, waits, stop, url };
}

const good = { status: 200, body: JSON.stringify(SCHEMA_EXAMPLES.StatusDocument) };

test("a call is made again after what passes, as late as asked, each time with a fresh token", async () => {
  const { client, seen, waits, stop } = await serve([
    { status: 429, headers: { "retry-after": "3" } },
    { status: 503 },
    { status: 502, body: "<html>" },
    good,
  ]);
  await client.status(KEY);
  expect(waits).toEqual([3000, 1000, 2000]);
  expect(seen).toEqual([1, 2, 3, 4].map((n) => `GET /v1/jobs/prod/a Bearer t${n}`));
  stop();
});

test("what would tell somebody twice is not made again unless it was certainly not carried out", async () => {
  const { client, seen, stop } = await serve([{ status: 503 }, { status: 504 }]);
  await expect(client.test("deploys")).rejects.toMatchObject({ problem: { status: 504 } });
  expect(seen).toHaveLength(2);
  stop();
});

test.each([
  [
    "a problem",
    { status: 403, body: JSON.stringify({ type: "/x", title: "No", status: 403, detail: "why" }) },
    "No: why",
  ],
  ["a gateway's words", { status: 404, body: '{"message":"Not Found"}' }, "HTTP 404: Not Found"],
  ["a page", { status: 403, body: "<html>" }, "HTTP 403: The answer is not one of this service's."],
  ["another document", { status: 200, body: '{"ok":true}' }, "The answer is not one of this service's."],
  ["a redirect", { status: 307, headers: { location: "https://elsewhere.example" } }, "cannot be reached"],
])("%s is told in words", async (_, answer, words) => {
  const { client, stop } = await serve([answer]);
  await expect(client.status(KEY)).rejects.toThrow(words);
  stop();
});

test("no answer at all is told with the runtime's code for it, and without the token", async () => {
  const { client, seen, url, stop } = await serve([]);
  const error: unknown = await client.status(KEY).catch((thrown: unknown) => thrown);
  expect(String(error)).toMatch(new RegExp(`${new URL(url).host} cannot be reached \\([A-Z_]+\\)`));
  expect(String(error)).not.toContain("t5");
  expect(seen).toHaveLength(5);
  stop();
});

test("what cannot be a token is not sent, tried again or shown, wherever it comes from", async () => {
  const { url, seen, stop } = await serve([]);
  for (const token of ["se\ncret", async () => "se…cret"]) {
    const error: unknown = await createClient({ url, token })
      .status(KEY)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TokenError);
    expect(String(error)).not.toContain("cret");
  }
  expect(seen).toEqual([]);
  stop();
});

test("a job of GitHub Actions says who it is; others cannot, and a refusal is told", async () => {
  expect(githubIdentity({}, "us")).toBeNull();
  const asked: string[] = [];
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: "https://ci.example/token?a=1",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "r",
  };
  const send = async (url: string | URL | Request) => {
    asked.push(String(url));
    return Response.json(asked.length === 1 ? { value: "jwt" } : { message: "no" });
  };
  const identity = githubIdentity(env, "us", send);
  expect(await identity?.()).toBe("jwt");
  expect(asked).toEqual(["https://ci.example/token?a=1&audience=us"]);
  await expect(identity?.()).rejects.toThrow("GitHub issued no identity token");
});
