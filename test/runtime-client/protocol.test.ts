import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Packaged, unpackFunction } from "./packaged.ts";
import { startRecorder } from "./recorder.ts";

const BOOTSTRAP = fileURLToPath(new URL("../../local/lambda/bootstrap.mjs", import.meta.url));
const BASE = "/2018-06-01/runtime";
const NOBODY = "http://127.0.0.1:1";

let status: Packaged;
let child: ChildProcess;
let recorder: Awaited<ReturnType<typeof startRecorder>>;

beforeAll(async () => {
  status = await unpackFunction("api");
}, 60_000);
afterAll(() => status.remove());
afterEach(async () => {
  child.kill("SIGKILL");
  await recorder.stop();
});

async function start(events: readonly unknown[], without: readonly string[] = []) {
  recorder = await startRecorder(events);
  const env = Object.entries(status.environment(NOBODY, recorder.address));
  child = spawn(process.execPath, [BOOTSTRAP], {
    env: Object.fromEntries(env.filter(([name]) => !without.includes(name))),
    cwd: status.taskRoot,
    stdio: ["pipe", "ignore", "ignore"],
  });
  return recorder;
}

const apiEvent = (path: string, changes: Record<string, unknown> = {}) => ({
  version: "2.0",
  routeKey: "$default",
  rawPath: path,
  rawQueryString: "",
  headers: {},
  isBase64Encoded: false,
  requestContext: { requestId: "api-1", http: { method: "GET", sourceIp: "::1" } },
  ...changes,
});

test("a function starts, asks for an event, answers it under its ID, and asks for the next", async () => {
  const { first } = await start([apiEvent("/v1/openapi.json"), apiEvent("/nowhere")]);
  const asked = await first(5);
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `GET ${BASE}/invocation/next`,
    `POST ${BASE}/invocation/request-1/response`,
    `GET ${BASE}/invocation/next`,
    `POST ${BASE}/invocation/request-2/response`,
    `GET ${BASE}/invocation/next`,
  ]);
  expect(JSON.parse(asked[1]?.body ?? "")).toMatchObject({ statusCode: 200 });
  expect(JSON.parse(asked[3]?.body ?? "")).toMatchObject({ statusCode: 404 });
});

test("a function that cannot start says why, once, and ends", async () => {
  const { first } = await start([apiEvent("/v1/health")], ["LEDGER_TABLE", "CONFIG_PATH"]);
  const [asked] = await first(1);
  expect(asked).toMatchObject({ method: "POST", path: `${BASE}/init/error` });
  expect(JSON.parse(asked?.body ?? "")).toEqual({
    errorType: "Error",
    errorMessage: expect.stringMatching(
      /environment of the function is invalid: .*LEDGER_TABLE.*CONFIG_PATH/,
    ),
    trace: expect.any(Array),
  });
  expect(await once(child, "exit")).toEqual([1, null]);
});

test("an event the handler throws at is answered with an error, and the function generations on", async () => {
  const { first } = await start([{ not: "an event of the API" }, apiEvent("/v1/openapi.json")]);
  const asked = await first(4);
  expect(asked[1]?.path).toBe(`${BASE}/invocation/request-1/error`);
  expect(JSON.parse(asked[1]?.body ?? "")).toEqual({
    errorType: "TypeError",
    errorMessage: expect.any(String),
    trace: expect.any(Array),
  });
  expect(asked[3]?.path).toBe(`${BASE}/invocation/request-2/response`);
});
