import { createHash } from "node:crypto";
import { logTargetTest } from "../../../functions/api/test-target.ts";
import { capturedLog } from "../captured-log.ts";
import { json } from "../http-answers.ts";
import { CONFIG, START, TOKENS } from "../http-config.ts";
import { createHarness, type Harness } from "../http-harness.ts";

describe("POST /v1/targets/{name}/test", () => {
  const testTarget = (api: Harness, name: string, token = TOKENS.all) =>
    api.ask("POST", `/v1/targets/${name}/test`, { token });

  test("makes one delivery attempt and returns the result", async () => {
    const api = createHarness();
    const answer = await testTarget(api, "deploys", TOKENS.team);
    expect(json(answer)).toEqual({ target: "deploys", verdict: "delivered", status: 200, reason: "ok" });
    expect(api.deliveries).toMatchObject([
      {
        target: { kind: "slack" },
        content: { kind: "test", target: "deploys" },
        webhookId: "msg_test_uuid-1",
      },
    ]);
  });

  test("uses the egress rules of the config, and masks the secrets of the config in the answer", async () => {
    const settings = { ...CONFIG.settings, egress: { allow: ["10.0.0.0/8"] } };
    const api = createHarness({ config: { ...CONFIG, settings } });
    await testTarget(api, "deploys");
    const [delivery] = api.deliveries;
    expect(delivery?.allow).toEqual(["10.0.0.0/8"]);
    expect(delivery?.mask(`refused by ${CONFIG.targets.deploys.url}`)).not.toContain("/services/T0");
    expect(api.acts).toMatchObject([
      { act: "test", who: "token:all", from: "192.0.2.1", targets: ["deploys"] },
    ]);
  });

  test("switches a disabled target on only after a successful attempt", async () => {
    const api = createHarness();
    await api.ledger.switchTargetOff("audit", START);
    api.attempted = { verdict: "gone", status: 410, reason: "target_gone" };
    expect(json(await testTarget(api, "audit"))).toMatchObject({ verdict: "gone", status: 410 });
    expect((await api.ledger.readTargetState("audit")).offSince).toBe(START);
    api.attempted = {};
    await testTarget(api, "audit");
    expect((await api.ledger.readTargetState("audit")).offSince).toBeNull();
    await testTarget(api, "audit");
    expect(api.acts.map(({ act }) => act)).toEqual(["test", "test", "target_on", "test"]);
  });

  test("sends nothing while the ledger is not available", async () => {
    const api = createHarness({
      ledger: () => ({ readTargetState: () => Promise.reject(new Error("the ledger is down")) }),
    });
    await expect(testTarget(api, "audit")).rejects.toThrow("the ledger is down");
    expect([api.deliveries, api.acts]).toEqual([[], []]);
  });

  test("rejects a query and a body, and sends nothing", async () => {
    const api = createHarness();
    const path = "/v1/targets/ops/test";
    const answers = await Promise.all([
      api.ask("POST", `${path}?outcome=failed`),
      api.ask("POST", path, { body: { outcome: "failed" } }),
      api.ask("POST", path, { body: "failed", headers: { "content-type": "text/plain" } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 422, 422]);
    expect(api.deliveries).toEqual([]);
    expect((await api.ask("POST", path, { body: {} })).status).toBe(200);
  });

  test("names the invalid path parameter, or says that the target does not exist", async () => {
    const api = createHarness();
    expect(json(await testTarget(api, "absent")).detail).toBe(
      "The target absent does not exist, or the token may not use it.",
    );
    expect(json(await testTarget(api, "audit", TOKENS.team)).detail).toBe(
      "The target audit does not exist, or the token may not use it.",
    );
    expect(json(await testTarget(api, "a%20b")).errors).toEqual([
      { parameter: "name", detail: expect.stringContaining("1 to 64 letters") },
    ]);
  });

  test("names a missing right by the parameter", async () => {
    const sha256 = createHash("sha256").update("reader").digest("hex");
    const reader = { sha256, projects: ["*"], targets: ["*"], operations: ["read"] };
    const api = createHarness({ config: { ...CONFIG, tokens: { reader } } });
    const answer = await testTarget(api, "audit", "reader");
    expect(answer.status).toBe(403);
    expect(json(answer).detail).toContain("'test'");
    expect(json(answer).errors).toEqual([
      { parameter: "name", detail: expect.stringMatching(/'test' for the target 'audit'/) },
    ]);
    expect(api.deliveries).toEqual([]);
  });

  test.each([
    [29_000, 10_000],
    [11_000, 9_000],
    [100, 0],
  ])(
    "leaves two seconds for the response if %d ms remain, and takes at most ten seconds",
    async (remainingMs, timeLimitMs) => {
      const api = createHarness({ remainingMs });
      await testTarget(api, "audit");
      expect(api.deliveries).toMatchObject([{ timeLimitMs }]);
    },
  );

  test("reports each test with the target, its kind and the caller", async () => {
    const api = createHarness();
    await testTarget(api, "audit");
    expect(api.logged).toEqual([["test", "audit", "webhook", "token:all"]]);
    expect(api.acts).toMatchObject([
      { act: "test", who: "token:all", from: "192.0.2.1", targets: ["audit"] },
    ]);
    const result = { verdict: "retry", reason: "timeout", status: null, durationMs: 7 } as const;
    const attempted = { ...result, afterSeconds: null, spent: true, answer: "" };
    const { logged } = await capturedLog(() => logTargetTest("audit", "webhook", attempted, "token:all"));
    expect(logged).toMatchObject([
      {
        message: "target test",
        caller: "token:all",
        target: "audit",
        kind: "webhook",
        verdict: "retry",
        reason: "timeout",
        duration_ms: 7,
      },
    ]);
  });

  test("sends nothing to an unknown target or to a target outside the caller's rights, with the same answer", async () => {
    const api = createHarness({ config: CONFIG });
    expect((await testTarget(api, "absent")).status).toBe(404);
    expect((await testTarget(api, "constructor")).status).toBe(404);
    const [real, none] = await Promise.all(
      ["audit", "absent"].map((name) => testTarget(api, name, TOKENS.team)),
    );
    expect(real?.status).toBe(404);
    expect(real?.body?.replaceAll("audit", "X")).toBe(none?.body?.replaceAll("absent", "X"));
    expect(api.deliveries).toEqual([]);
  });
});
