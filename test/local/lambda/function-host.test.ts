import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FunctionHost } from "../../../local/lambda/function-host.ts";
import type { FunctionResource } from "../../../local/template/functions.ts";
import { ECHO, type Echo, unpackEcho } from "../../support/echo-function.ts";
import { eventually } from "../../support/eventually.ts";

let echo: Echo;
let host: FunctionHost;

beforeAll(async () => {
  echo = await unpackEcho();
});
afterAll(() => echo.remove());
afterEach(() => host.stop());

function hostOf(changes: Partial<FunctionResource> = {}): FunctionHost {
  host = echo.host(changes);
  return host;
}

const resultOf = async (event: unknown) => {
  const invoked = await host.invoke(event);
  if (invoked.kind !== "result") throw new Error(JSON.stringify(invoked));
  return invoked.result as Record<string, never>;
};

describe("FunctionHost", () => {
  it("runs the packaged handler and reuses the process of the handler", async () => {
    hostOf();
    expect(await resultOf({ a: [1, "ä"] })).toEqual({ a: [1, "ä"] });
    const first = await resultOf({ do: "context" });
    const second = await resultOf({ do: "context" });
    expect(second.pid).toBe(first.pid);
    expect(second.awsRequestId).not.toBe(first.awsRequestId);
    expect(first).toMatchObject({
      functionName: ECHO.name,
      invokedFunctionArn: ECHO.arn,
      memoryLimitInMB: "200",
    });
    expect(first.remainingMs).toBeGreaterThan(60_000);
    expect(first.remainingMs).toBeLessThanOrEqual(300_000);
  });

  it("sets the environment variables of the template and of Lambda, and no variables of the stack's own environment", async () => {
    process.env.LEAKED_SECRET = "of the machine";
    hostOf();
    const { env, execArgv, cwd } = await resultOf({ do: "environment" });
    delete process.env.LEAKED_SECRET;
    expect(env).toMatchObject({
      GREETING: "hello",
      AWS_LAMBDA_FUNCTION_NAME: ECHO.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "200",
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL_SQS: "http://sqs",
      LAMBDA_TASK_ROOT: echo.taskRoot,
      TZ: ":UTC",
    });
    expect(env).not.toHaveProperty("LEAKED_SECRET");
    expect(env).not.toHaveProperty("HOME");
    expect(execArgv).toContain("--max-old-space-size=180");
    expect(cwd).toBe(echo.taskRoot);
  });

  it("throttles the invocations beyond the function's reserved concurrency", async () => {
    hostOf({ reservedConcurrency: 2 });
    const kinds = async () =>
      (await Promise.all([1, 2, 3, 4].map((n) => host.invoke({ n })))).map(({ kind }) => kind);
    expect(await kinds()).toEqual(["result", "result", "throttled", "throttled"]);
    expect(host.pids).toHaveLength(2);
    expect(await kinds()).toEqual(["result", "result", "throttled", "throttled"]);
  });

  it("throttles every invocation of a function with a reserved concurrency of 0", async () => {
    expect(await hostOf({ reservedConcurrency: 0 }).invoke({})).toEqual({ kind: "throttled" });
  });

  it("lets invocations of a function without a quota wait for a free process of this machine", async () => {
    hostOf();
    const hanging = Array.from({ length: 12 }, () => host.invoke({ do: "hang" }));
    await eventually("ten processes", () => host.pids.length === 10);
    expect(await host.kill()).toBe(10);
    await eventually("the processes of the waiting invocations", () => host.pids.length === 2);
    await host.stop();
    expect(await Promise.all(hanging)).toEqual(Array(12).fill(expect.objectContaining({ kind: "error" })));
  });

  it("starts no more processes at the same time than allowed, and prefers processes that are free by then", async () => {
    host = echo.host({}, { maxStartingInstances: 1 });
    const results = Array.from({ length: 12 }, () => resultOf({ do: "context" }));
    await Promise.race(results);
    expect(host.pids.length).toBeLessThanOrEqual(3);
    expect(await Promise.all(results)).toHaveLength(12);
  });

  it("returns the error that a handler throws", async () => {
    expect(await hostOf().invoke({ do: "throw" })).toMatchObject({
      kind: "error",
      error: { errorType: "TypeError", errorMessage: "as asked" },
    });
    expect(echo.lines.join("\n")).toContain("TypeError: as asked");
    expect(await resultOf({ still: "alive" })).toEqual({ still: "alive" });
  });

  test.each(["hang", "spin"])("kills a process that exceeds the function's time limit: %s", async (how) => {
    const invoked = await hostOf({ timeoutSeconds: 3 }).invoke({ do: how });
    expect(invoked).toMatchObject({
      kind: "error",
      error: { errorType: "Sandbox.Timedout", errorMessage: expect.stringContaining("after 3.00 seconds") },
    });
    expect(host.pids).toEqual([]);
    expect(await resultOf({ next: 1 })).toEqual({ next: 1 });
  });

  test.each([
    ["exits with a status", "exit", "Runtime exited with error: exit status 3"],
    ["leaves a rejection unhandled", "reject", "Runtime exited with error: exit status 1"],
    ["waits for nothing", "wait-for-nothing", "Runtime exited without providing a reason"],
  ])("reports the end of a process as Lambda does, if the handler %s", async (_, task, cause) => {
    const errorMessage = expect.stringMatching(new RegExp(`^RequestId: [0-9a-f-]{36} Error: ${cause}$`));
    expect(await hostOf().invoke({ do: task })).toMatchObject({
      error: { errorType: "Runtime.ExitError", errorMessage },
    });
    expect(await resultOf({ next: 1 })).toEqual({ next: 1 });
  });

  it("reports a result that is not JSON", async () => {
    expect(await hostOf().invoke({ do: "cycle" })).toMatchObject({
      error: { errorType: "Runtime.JSONStringifyError" },
    });
  });

  it("refuses a response that is too long", async () => {
    expect(await hostOf().invoke({ do: "large" })).toMatchObject({
      error: { errorType: "Function.ResponseSizeTooLarge" },
    });
  });

  it("kills busy processes and starts new ones for later invocations", async () => {
    hostOf();
    const { pid } = await resultOf({ do: "context" });
    const killed = host.invoke({ do: "hang" });
    expect(await host.kill()).toBe(1);
    expect(await killed).toMatchObject({
      error: { errorType: "Runtime.ExitError", errorMessage: expect.stringContaining("signal: killed") },
    });
    expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH");
    expect(await resultOf({ next: 1 })).toEqual({ next: 1 });
  });

  it("runs new invocations with the new code, and running invocations with the code with which they started", async () => {
    hostOf();
    const folder = await mkdtemp(join(tmpdir(), "echo-next-"));
    await cp(echo.taskRoot, folder, { recursive: true });
    const environment = () => ({ _HANDLER: ECHO.handler, LAMBDA_TASK_ROOT: folder });
    const withApi = (runtimeApi: string) => ({ ...environment(), AWS_LAMBDA_RUNTIME_API: runtimeApi });
    const { pid: idlePid } = await resultOf({ do: "context" });
    const running = resultOf({ do: "environment" });
    await host.replaceCode({ taskRoot: folder, environment: withApi });
    const [before, after] = [await running, await resultOf({ do: "environment" })];
    await rm(folder, { recursive: true });
    expect([before.cwd, after.cwd]).toEqual([echo.taskRoot, folder]);
    expect(host.pids).toHaveLength(1);
    expect(host.pids).not.toContain(idlePid);
  });

  it("starts no process after a stop", async () => {
    await hostOf().stop();
    expect(await host.invoke({})).toMatchObject({ error: { errorType: "Stack.Stopped" } });
  });
});
