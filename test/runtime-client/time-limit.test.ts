import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConcurrencyPool, DEFAULT_ACCOUNT_CONCURRENCY } from "../../local/lambda/concurrency-pool.ts";
import { FunctionHost } from "../../local/lambda/function-host.ts";
import { type Packaged, unpackFunction } from "./packaged.ts";

let audit: Packaged;
let unresponsive: Server;
let host: FunctionHost;

beforeAll(async () => {
  audit = await unpackFunction("audit");
  unresponsive = createServer(() => undefined);
  await new Promise<void>((resolve) => unresponsive.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  unresponsive.close();
  unresponsive.closeAllConnections();
  await audit.remove();
});
afterEach(() => host.stop());

function hostAgainst(aws: string, timeoutSeconds: number): FunctionHost {
  host = new FunctionHost({
    resource: { ...audit.resource, timeoutSeconds },
    pool: new ConcurrencyPool(DEFAULT_ACCOUNT_CONCURRENCY, []),
    taskRoot: audit.taskRoot,
    environment: (runtimeApi) => audit.environment(aws, runtimeApi),
    log: () => undefined,
  });
  return host;
}

const unresponsiveUrl = () => `http://127.0.0.1:${(unresponsive.address() as AddressInfo).port}`;

test("a packaged function whose ledger never answers fails just before its time limit and keeps its process", async () => {
  hostAgainst(unresponsiveUrl(), 1);
  const invoked = await host.invoke({});
  expect(invoked).toMatchObject({ kind: "error", error: { errorType: "TimeoutError" } });
  expect(host.pids).toHaveLength(1);
});

test("a packaged function that cannot fail in time is killed at its time limit and replaced", async () => {
  hostAgainst(unresponsiveUrl(), 1);
  const asking = once(unresponsive, "request");
  const invoking = host.invoke({});
  await asking;
  const [pid = 0] = host.pids;
  process.kill(pid, "SIGSTOP");
  expect(await invoking).toMatchObject({
    kind: "error",
    error: { errorType: "Sandbox.Timedout", errorMessage: expect.stringContaining("after 1.00 seconds") },
  });
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(await host.invoke({})).toMatchObject({ error: { errorType: "TimeoutError" } });
});

test("a packaged function whose ledger refuses connections fails its invocation and keeps its process", async () => {
  hostAgainst("http://127.0.0.1:1", 20);
  const [first, pids] = [await host.invoke({}), host.pids];
  expect(first).toMatchObject({
    kind: "error",
    error: { errorMessage: expect.stringContaining("ECONNREFUSED") },
  });
  expect(await host.invoke({})).toMatchObject({ kind: "error" });
  expect(host.pids).toEqual(pids);
});
