import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { type LocalServer, listenLocally } from "../../local/servers/local-server.ts";
import { type Packaged, unpackFunction } from "./packaged.ts";
import { startRecorder } from "./recorder.ts";

const BOOTSTRAP = fileURLToPath(new URL("../../local/lambda/bootstrap.mjs", import.meta.url));
const BASE = "/2018-06-01/runtime";

let api: Packaged;
/** Refuses every request to an AWS service. The clients of AWS do not repeat a refused request. */
let aws: LocalServer;
let child: ChildProcess;
let recorder: Awaited<ReturnType<typeof startRecorder>>;

beforeAll(async () => {
  api = await unpackFunction("api");
  const refusal = { __type: "AccessDeniedException", message: "No identity-based policy allows the action." };
  aws = await listenLocally(
    createServer((_, response) => response.writeHead(400).end(JSON.stringify(refusal))),
  );
});
afterAll(() => Promise.all([api.remove(), aws.stop()]));
afterEach(async () => {
  child.kill("SIGKILL");
  await recorder.stop();
});

async function start(events: readonly unknown[], without: readonly string[] = []) {
  recorder = await startRecorder(events);
  const env = Object.entries(api.environment(aws.url, recorder.address));
  child = spawn(process.execPath, [BOOTSTRAP], {
    env: Object.fromEntries(env.filter(([name]) => !without.includes(name))),
    cwd: api.taskRoot,
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

test("a function requests an event, posts the response under its ID, and requests the next event", async () => {
  const { first } = await start([apiEvent("/v1/openapi.json"), apiEvent("/nowhere")]);
  const requests = await first(5);
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `GET ${BASE}/invocation/next`,
    `POST ${BASE}/invocation/request-1/response`,
    `GET ${BASE}/invocation/next`,
    `POST ${BASE}/invocation/request-2/response`,
    `GET ${BASE}/invocation/next`,
  ]);
  expect(JSON.parse(requests[1]?.body ?? "")).toMatchObject({ statusCode: 200 });
  expect(JSON.parse(requests[3]?.body ?? "")).toMatchObject({ statusCode: 404 });
});

test("a function that cannot start posts the error once and exits", async () => {
  const { first } = await start([apiEvent("/v1/health")], ["LEDGER_TABLE", "CONFIG_PATH"]);
  const [request] = await first(1);
  expect(request).toMatchObject({ method: "POST", path: `${BASE}/init/error` });
  expect(JSON.parse(request?.body ?? "")).toEqual({
    errorType: "Error",
    errorMessage: expect.stringMatching(
      /environment variables of the function are invalid: .*LEDGER_TABLE.*CONFIG_PATH/,
    ),
    trace: expect.any(Array),
  });
  expect(await once(child, "exit")).toEqual([1, null]);
});

test("an event for which the handler throws gets an error, and the function continues", async () => {
  const { first } = await start([{ not: "an event of the API" }, apiEvent("/v1/openapi.json")]);
  const requests = await first(4);
  expect(requests[1]?.path).toBe(`${BASE}/invocation/request-1/error`);
  expect(JSON.parse(requests[1]?.body ?? "")).toEqual({
    errorType: "TypeError",
    errorMessage: expect.any(String),
    trace: expect.any(Array),
  });
  expect(requests[3]?.path).toBe(`${BASE}/invocation/request-2/response`);
});
