import { createCachedHealthCheck, type HealthPorts } from "../../../functions/api/health.ts";
import { HealthDocument } from "../../../lib/api/list-and-health-documents.ts";

const never = () => new Promise<void>(() => undefined);
const well: HealthPorts["checks"] = { config: async () => 1, ledger: async () => 1, queue: async () => 1 };

function health(checks: HealthPorts["checks"], wait: () => Promise<void> = never) {
  const clock = { now: 0 };
  const unreachable: string[] = [];
  const ask = createCachedHealthCheck({
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
