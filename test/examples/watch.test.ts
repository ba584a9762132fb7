import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StatusDocument } from "../../lib/api/status-document.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import { CI_COMMANDS, CI_RUNNERS } from "../support/ci-runners.ts";
import { runCommand } from "../support/run-command.ts";
import { type StubAnswer, startStubService } from "../support/stub-service.ts";

const WATCH = fileURLToPath(new URL("../../examples/curl/watch.sh", import.meta.url));
const TOKEN = "ccen_secret";

/** Runs examples/curl/watch.sh. The stub service answers its requests. */
async function watch(
  answer: (request: string, url: string) => StubAnswer,
  more: Readonly<Record<string, string>> = {},
  shell = "sh",
) {
  const service = await startStubService((request): StubAnswer => answer(request, service.url));
  const env = {
    NOTIFIER_URL: service.url,
    NOTIFIER_TOKEN: TOKEN,
    ...more,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${service.url}/token?a=1`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "r",
  };
  const ran = await runCommand(shell, [WATCH, "a"], { env });
  await service.stop();
  expect(ran.stdout + ran.stderr).not.toContain(TOKEN);
  return { ...ran, requests: service.requests };
}

test.each([
  [[400, 409, 413, 415, 422], 2],
  [[401, 403, 404, 307, 501], 4],
])("curl/watch.sh prints the answers %j and exits with %i", async (all, code) => {
  for (const status of all) {
    const ran = await watch(() => ({ status, body: { detail: `why ${status}` } }));
    expect(ran).toMatchObject({
      code,
      stdout: "",
      stderr: `watch.sh: the notifier answers ${status}\n  | {"detail":"why ${status}"}\n`,
    });
  }
});

test("curl/watch.sh prints a response of another service, and no printed line starts with the response", async () => {
  for (const text of ["<p>\n::error::!\u001b[2J", "{}", ""]) {
    const ran = await watch(() => ({ status: 200, text }));
    expect([ran.code, ran.stdout]).toEqual([4, ""]);
    expect(ran.stderr).toMatch(/^watch.sh: the response does not come from the notifier\n/);
    expect(ran.stderr).not.toMatch(/^::|\u001b/m);
  }
});

test.each(CI_COMMANDS)("curl/watch.sh prints %j, and no CI system reads a command", async (text) => {
  const commandsIn = (printed: string) =>
    printed.split("\n").flatMap((line) => Object.keys(CI_RUNNERS).filter((name) => CI_RUNNERS[name]?.(line)));
  const refused = await watch(() => ({ status: 422, text }));
  expect([refused.code, commandsIn(refused.stderr)]).toEqual([2, []]);
  const failed = await watch((request, url) =>
    request.startsWith("POST")
      ? { status: 202, body: { jobs: [{ statusUrl: `${url}/x` }] } }
      : { status: 200, body: { state: "failed", reason: text } },
  );
  expect([failed.code, commandsIn(failed.stdout)]).toEqual([1, []]);
});

test("curl/watch.sh repeats a request after 503, and prints only the last response", async () => {
  let tries = 0;
  const ran = await watch(() => {
    tries += 1;
    return { status: tries === 1 ? 503 : 422, body: { tries } };
  });
  expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('answers 422\n  | {"tries":2}\n')]);
  expect(ran.stderr).not.toContain('{"tries":1}');
});

test.each([
  ["a token with a line break", "ab\ncd"],
  ["a token with an ellipsis", "ccen_…"],
])("curl/watch.sh refuses %s and sends no request", async (_, NOTIFIER_TOKEN) => {
  const ran = await watch(() => ({ status: 200 }), { NOTIFIER_TOKEN });
  expect([ran.code, ran.stdout, ran.requests]).toEqual([2, "", []]);
  expect(ran.stderr).toContain("NOTIFIER_TOKEN contains");
  expect(ran.stderr).not.toMatch(/ab|cd|ccen/);
});

test("curl/watch.sh sends no request to the notifier when GitHub does not issue a token", async () => {
  const refusal = () => ({ status: 403, body: { message: "no" } });
  const ran = await watch(refusal, { NOTIFIER_TOKEN: "", NOTIFIER_AUDIENCE: "a b&c" });
  expect(ran).toEqual({
    code: 4,
    stdout: "",
    requests: ["GET /token?a=1&audience=%61%20%62%26%63"],
    stderr: 'watch.sh: GitHub did not issue an identity token (403)\n  | {"message":"no"}\n',
  });
});

test.each(["sh", "bash"])(
  "curl/watch.sh in %s reads the status from the statusUrl, and removes its files",
  async (shell) => {
    const TMPDIR = await mkdtemp(join(tmpdir(), "watch-"));
    const status = {
      ...StatusDocument.parse(schemaExamples.StatusDocument),
      state: "failed",
      done: true,
      reason: 'a "b"\nc',
    };
    let polls = 0;
    const ran = await watch(
      (request, url) => {
        if (request.startsWith("POST")) return { status: 202, body: { jobs: [{ statusUrl: `${url}/x` }] } };
        polls += 1;
        return { status: 200, body: polls === 1 ? { ...status, state: "watching" } : status };
      },
      { TMPDIR },
      shell,
    );
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([1, 'state=failed\nreason=a "b" c\n', ""]);
    expect(await readdir(TMPDIR)).toEqual([]);
    await rm(TMPDIR, { recursive: true });
  },
);

test.each([
  [String.raw`cannot write C:\new\table\roles`, String.raw`cannot write C:\new\table\roles`],
  [String.raw`\\server\n`, String.raw`\\server\n`],
  [JSON.stringify({ a: 'b "c"\n', d: "\\" }), JSON.stringify({ a: 'b "c"\n', d: "\\" })],
  ["a\u000bb", String.raw`a\u000bb`],
  ["one\ntwo\tthree\r", "one two three "],
  ["50 % of $HOME `date` &lt; größer", "50 % of $HOME `date` &lt; größer"],
])("curl/watch.sh prints the reason %j as it is, in one line", async (reason, printed) => {
  const ran = await watch((request, url) =>
    request.startsWith("POST")
      ? { status: 202, body: { jobs: [{ statusUrl: `${url}/x` }] } }
      : { status: 200, body: { state: "failed", reason } },
  );
  expect([ran.code, ran.stdout, ran.stderr]).toEqual([1, `state=failed\nreason=${printed}\n`, ""]);
});
