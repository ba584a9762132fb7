import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { cp, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { eventually } from "../support/eventually.ts";
import { inheritedEnvironment } from "../support/run-command.ts";
import { type RunningStack, StackNotStartedError, startStack } from "../support/stack.ts";
import { type ProgramHost, startProgramHost } from "../support/start-program-host.ts";
import { packageToyService, TOY_SERVICE } from "../support/toy-stack.ts";

const SERVICE = "serverless.yml";
const A_FILE = resolve("package.json");
const Functions = z.record(z.string(), z.object({ pids: z.array(z.int()) }));

const start = (environment = {}) => startStack({ config: {}, serviceDir: TOY_SERVICE, environment });
const startError = (started: Promise<RunningStack>): Promise<StackNotStartedError> =>
  started.then(
    () => Promise.reject(new Error("the stack has started")),
    (error) => error,
  );

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** Returns the process IDs of all functions. */
async function pids({ control, controlKey }: RunningStack): Promise<readonly number[]> {
  const functions = Functions.parse(
    await (await fetch(`${control}/functions`, { headers: bearer(controlKey) })).json(),
  );
  return Object.values(functions).flatMap((one) => one.pids);
}

/** Waits until a process has ended. */
async function hasEnded(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise(setImmediate);
  }
}

let folder: string;
let host: ProgramHost;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stack-config-"));
  host = startProgramHost();
  await packageToyService();
});
afterAll(async () => {
  await host.stop();
  await rm(folder, { recursive: true });
});

/** Runs a stack that does not start, because its config or an environment variable is wrong. */
async function refuse(config: unknown, environment: Readonly<Record<string, string>> = {}) {
  const configFile = join(folder, "config.json");
  await writeFile(configFile, JSON.stringify(config));
  return host.run("local/stack.ts", [], {
    PORT: "0",
    CONFIG_FILE: configFile,
    SERVICE_DIR: TOY_SERVICE,
    ...environment,
  });
}

describe("npm run stack", () => {
  it("prints its addresses in one line, and stops with status 0 on SIGTERM", async () => {
    const stack = await start();
    expect(Object.keys(stack.queues).sort()).toEqual(["batch", "work", "workDead"]);
    expect(await stack.invoke("echo", { a: 1 })).toEqual({ result: { a: 1 } });
    expect(await stack.invoke("echo", { do: "throw" })).toMatchObject({
      error: { errorMessage: "as asked" },
    });
    expect(await stack.invoke("nothing", {})).toMatchObject({
      error: { errorMessage: expect.stringContaining("echo") },
    });
    const wrong = [{}, bearer("x"), bearer(`${stack.controlKey}x`), { authorization: stack.controlKey }];
    for (const headers of wrong) {
      expect((await fetch(`${stack.control}/functions`, { headers })).status).toBe(401);
      for (const path of ["invoke/echo", "kill/echo", "deploy"])
        expect((await fetch(`${stack.control}/${path}`, { method: "POST", headers })).status).toBe(401);
    }
    const running = await pids(stack);
    expect(running).toHaveLength(1);
    expect(await stack.stop()).toBe(0);
    await Promise.all(running.map(hasEnded));
  });

  it.each(["SIGINT", "SIGHUP"] as const)("stops with status 0 on %s", async (signal) => {
    const stack = await start();
    stack.child.kill(signal);
    expect(await stack.stop()).toBe(0);
  });

  it("treats two quick signals as one, because npm sends Ctrl-C again", async () => {
    const stack = await start();
    stack.child.kill("SIGINT");
    stack.child.kill("SIGINT");
    expect(await stack.stop()).toBe(0);
  });

  async function stopHangingStart(signal: "SIGTERM" | "SIGINT"): Promise<unknown[]> {
    const folder = await mkdtemp(join(tmpdir(), "hanging-test-"));
    const pipe = join(folder, "config.json");
    await promisify(execFile)("mkfifo", [pipe]);
    const child = spawn(process.execPath, ["local/stack.ts"], {
      env: {
        ...inheritedEnvironment(),
        PORT: "0",
        CONFIG_FILE: pipe,
        SERVICE_DIR: TOY_SERVICE,
      },
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    // A pipe can be opened for writing only after a reader has opened it. The test writes nothing, so the reader hangs.
    const flags = constants.O_WRONLY | constants.O_NONBLOCK;
    const writer = await eventually("the config to be read", () => open(pipe, flags).catch(() => null));
    child.kill(signal);
    const exit = await ended;
    await writer.close();
    await rm(folder, { recursive: true });
    return exit;
  }

  it("ends on SIGTERM and on SIGINT while the start of the stack hangs", async () => {
    const signals = ["SIGTERM", "SIGINT"] as const;
    expect(await Promise.all(signals.map(stopHangingStart))).toEqual(signals.map((signal) => [null, signal]));
  });

  it("kills a function's processes during an invocation", async () => {
    const stack = await start();
    const hanging = stack.invoke("echo", { do: "hang" });
    while ((await pids(stack)).length === 0) await new Promise(setImmediate);
    expect(await stack.kill("echo")).toBe(1);
    expect(await hanging).toMatchObject({ error: { errorType: "Runtime.ExitError" } });
    expect(await stack.kill("echo")).toBe(0);
    await stack.stop();
  });

  it("throttles functions beyond the account's concurrency, and answers 503 to callers of the API", async () => {
    const stack = await start({ ACCOUNT_CONCURRENCY: "1" });
    const hanging = stack.invoke("echo", { do: "hang" });
    while ((await pids(stack)).length === 0) await new Promise(setImmediate);
    expect(await stack.invoke("tick", {})).toMatchObject({
      error: { errorType: "TooManyRequestsException" },
    });
    const answer = await fetch(`${stack.api}/things/a/b`);
    expect([answer.status, await answer.json()]).toEqual([503, { message: "Service Unavailable" }]);
    await stack.kill("echo");
    await hanging;
    expect(await stack.invoke("tick", {})).toHaveProperty("result");
    await stack.stop();
  });

  it("leaves no process of a function after the stack itself is killed", async () => {
    const stack = await start();
    const { result } = z
      .object({ result: z.object({ pid: z.int() }) })
      .parse(await stack.invoke("echo", { do: "context" }));
    stack.child.kill("SIGKILL");
    await hasEnded(result.pid);
  });

  it("refuses a template that would fail on AWS, and names each cause", async () => {
    const serviceDir = await changedService((text) =>
      text
        .replace("recursiveLoop: Allow", "recursiveLoop: Terminate")
        .replace("VisibilityTimeout: 12", "VisibilityTimeout: 11"),
    );
    const error = await startError(startStack({ config: {}, serviceDir }));
    expect(error).toBeInstanceOf(StackNotStartedError);
    expect(error.code).toBe(1);
    expect(error.message).toMatch(/work: the queue \S+ invokes this function.* about 16/);
    expect(error.message).toMatch(/work.* 11 s/);
    await rm(serviceDir, { recursive: true });
  });

  it("lists every fault of a config without its values", async () => {
    const config = { projects: { "a b": 1, c: { auth: { kind: "secret-kind" } } }, extra: "secret-value" };
    const { code, stdout, stderr } = await refuse(config);
    expect([code, stdout]).toEqual([1, ""]);
    for (const path of ["projects.a b", "projects.c.projectId", "extra"]) expect(stderr).toContain(path);
    expect(stderr).not.toContain("secret-value");
  });

  test.each([
    ["a value of more than 8 KB", "é".repeat(4096), /targets\.a.*(8192|8 KB)/],
    ["a reference to another parameter", "{{x}}", /targets\.a.*Parameter Store refuses '\{\{'/],
  ])("refuses a config that Parameter Store would refuse: %s", async (_, text, message) => {
    const url = `https://hooks.slack.com/services/T0/B0/${text}`;
    const config = { targets: { a: { kind: "slack", url } } };
    const { code, stdout, stderr } = await refuse(config);
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(message)]);
    expect(stderr).not.toContain(text);
  });

  test.each([
    ["PORT", "http", "PORT must be a port number from 0 (any free port) to 65535"],
    ["PORT", "65536", "PORT must be a port number from 0 (any free port) to 65535"],
    ["SCHEDULE_SPEED", "fast", "SCHEDULE_SPEED must be a number above 0"],
    ["SCHEDULE_SPEED", "0", "SCHEDULE_SPEED must be a number above 0"],
    ["ACCOUNT_CONCURRENCY", "0", "ACCOUNT_CONCURRENCY must be an integer above 0"],
    ["LATE_INDEX_SEED", "x", "LATE_INDEX_SEED must be an integer"],
    ["CONFIG_FILE", "/no/such/file.json", "/no/such/file.json"],
    // In /proc, mkdir reports an existing parent folder as missing.
    ["LEDGER_DIR", "/proc/x", "LEDGER_DIR /proc/x cannot be created: ENOENT"],
    ["LEDGER_DIR", A_FILE, `LEDGER_DIR ${A_FILE} cannot be created: ${A_FILE} is not a folder`],
    ["LEDGER_DIR", `${A_FILE}/x`, `LEDGER_DIR ${A_FILE}/x cannot be created: ${A_FILE} is not a folder`],
  ])("refuses %s=%s without a stack trace", async (name, value, message) => {
    const { code, stdout, stderr } = await refuse({}, { [name]: value });
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringContaining(message)]);
    expect(stderr).not.toMatch(/ at .*:\d+:\d+/);
  });

  it("refuses a ledger folder that is in use or cannot be opened", async () => {
    const ledgerDir = await mkdtemp(join(tmpdir(), "ledger-test-"));
    const first = await start({ LEDGER_DIR: ledgerDir });
    const error = await startError(start({ LEDGER_DIR: ledgerDir }));
    expect([error.code, error.message]).toEqual([
      1,
      expect.stringContaining(`LEDGER_DIR ${ledgerDir} is in use by another stack`),
    ]);
    expect(error.message).not.toMatch(/ at .*:\d+:\d+/);
    expect(await first.stop()).toBe(0);
    await writeFile(join(ledgerDir, "CURRENT"), "no such manifest");
    const broken = await startError(start({ LEDGER_DIR: ledgerDir }));
    expect([broken.code, broken.message]).toEqual([
      1,
      expect.stringContaining(`LEDGER_DIR ${ledgerDir} cannot be opened: `),
    ]);
    await rm(ledgerDir, { recursive: true });
  });

  it("refuses a port that is in use", async () => {
    const stack = await start();
    const error = await startError(start({ PORT: new URL(stack.api).port }));
    expect([error.code, error.message]).toEqual([1, expect.stringContaining("is in use")]);
    await stack.stop();
  });

  it("stores the tables in LEDGER_DIR", async () => {
    const ledgerDir = await mkdtemp(join(tmpdir(), "ledger-test-"));
    const first = await startStack({ config: {}, serviceDir: TOY_SERVICE, ledgerDir });
    await first.stop();
    const second = await startStack({ config: {}, serviceDir: TOY_SERVICE, ledgerDir });
    expect(await second.stop()).toBe(0);
    await rm(ledgerDir, { recursive: true });
  });

  it("runs the sweep immediately if the ledger is from an earlier run", async () => {
    const serviceDir = await changedService((text) => text.replace("tick:", "sweep:"));
    const ledgerDir = await mkdtemp(join(tmpdir(), "ledger-test-"));
    const run = () => startStack({ config: {}, serviceDir, ledgerDir, environment: { VERBOSE: "1" } });
    const first = await run();
    await first.invoke("echo", { a: 1 });
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    expect(first.stderrText()).not.toContain("[sweep]");
    const second = await run();
    await eventually("the sweep", () => second.stderrText().includes("[sweep]"));
    expect(await second.stop()).toBe(0);
    for (const folder of [serviceDir, ledgerDir]) await rm(folder, { recursive: true });
  });
});

/** Copies the toy service and changes its serverless.yml. */
async function changedService(change: (text: string) => string): Promise<string> {
  const folder = await mkdtemp(resolve("build/changed-service-"));
  await cp(TOY_SERVICE, folder, { recursive: true });
  await writeFile(join(folder, SERVICE), change(await readFile(join(folder, SERVICE), "utf8")));
  return folder;
}
