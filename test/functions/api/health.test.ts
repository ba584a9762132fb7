import { createCachedHealthResponder, type HealthPorts } from "../../../functions/api/health.ts";
import { HealthDocument } from "../../../lib/api/list-and-health-documents.ts";
import { captured } from "../../lib/runtime/captured.ts";

const never = () => new Promise<void>(() => undefined);
const well: HealthPorts["checks"] = { config: async () => 1, ledger: async () => 1, queue: async () => 1 };

function health(checks: HealthPorts["checks"], wait: () => Promise<void> = never) {
  const clock = { now: 0 };
  const unreachable: string[] = [];
  const ask = createCachedHealthResponder({
    checks,
    now: () => clock.now,
    wait,
    onUnreachable: (what) => unreachable.push(what),
  });
  return { ask, clock, unreachable };
}

const documentOf = (body: string | undefined) => HealthDocument.parse(JSON.parse(body ?? ""));

test("the health response is 200 when all checks pass", async () => {
  const answer = await health(well).ask();
  expect(answer.status).toBe(200);
  expect(documentOf(answer.body)).toEqual({
    status: "ok",
    checks: { config: "ok", ledger: "ok", queue: "ok" },
  });
});

test("the health response is 503 with the name of the failed check, and only the operator gets the cause", async () => {
  const { ask, unreachable } = health({ ...well, ledger: () => Promise.reject(new Error("table gone")) });
  const answer = await ask();
  expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
  expect(documentOf(answer.body).checks).toEqual({ config: "ok", ledger: "unreachable", queue: "ok" });
  expect(answer.body).not.toContain("table gone");
  expect(unreachable).toEqual(["ledger"]);
});

test("health reports a check that does not answer in time as unreachable", async () => {
  const { ask } = health({ ...well, queue: never }, async () => undefined);
  expect(documentOf((await ask()).body).checks.queue).toBe("unreachable");
});

test("health runs its checks once for concurrent calls and for calls within two seconds", async () => {
  let asked = 0;
  const { ask, clock } = health({ ...well, config: async () => (asked += 1) });
  await Promise.all([ask(), ask()]);
  clock.now = 1999;
  await ask();
  expect(asked).toBe(1);
  clock.now = 2000;
  await ask();
  expect(asked).toBe(2);
});

test("health waits three seconds for each check", async () => {
  const timers: { ms: number; end: () => void }[] = [];
  const wait = (ms: number) => new Promise<void>((end) => timers.push({ ms, end }));
  const checks = { config: () => wait(3001), ledger: () => wait(2999), queue: async () => 1 };
  const answer = createCachedHealthResponder({
    checks,
    now: () => 0,
    wait,
    onUnreachable: () => undefined,
  })();
  for (const { end } of timers.toSorted((a, b) => a.ms - b.ms)) {
    end();
    await new Promise(setImmediate);
  }
  const { status, body } = await answer;
  expect([status, documentOf(body)]).toEqual([
    503,
    { status: "degraded", checks: { config: "unreachable", ledger: "ok", queue: "ok" } },
  ]);
});

test("a failed health check is logged as an error with the name of the check and the cause", async () => {
  const failing = { ...well, queue: () => Promise.reject(new Error("no such queue")) };
  const ask = createCachedHealthResponder({ checks: failing, now: () => 0, wait: never });
  expect(await captured(ask)).toMatchObject([
    { level: "ERROR", message: "health check failed", check: "queue", error: { message: "no such queue" } },
  ]);
  const checks = { ...well, ledger: never };
  const late = createCachedHealthResponder({ checks, now: () => 0, wait: async () => undefined });
  expect(await captured(late)).toMatchObject([
    { check: "ledger", error: { message: expect.stringContaining("within 3000 ms") } },
  ]);
});

test("a health response is never stored by a cache and names a time to ask again only if a check fails", async () => {
  const { headers } = await health(well).ask();
  expect(headers).toMatchObject({ "cache-control": "no-store" });
  expect(headers).not.toHaveProperty("retry-after");
});
