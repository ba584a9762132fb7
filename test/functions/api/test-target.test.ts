import { json } from "../http-answers.ts";
import { CONFIG, START, TOKENS } from "../http-config.ts";
import { createHarness, type Harness } from "../http-harness.ts";

describe("testing a target", () => {
  const tryOut = (api: Harness, name: string, token = TOKENS.all) =>
    api.ask("POST", `/v1/targets/${name}/test`, { token });

  test("makes one attempt and tells what it came to", async () => {
    const api = createHarness();
    const answer = await tryOut(api, "deploys", TOKENS.team);
    expect(json(answer)).toEqual({ target: "deploys", verdict: "delivered", status: 200, reason: "ok" });
    expect(api.deliveries).toMatchObject([
      {
        target: { kind: "slack" },
        content: { kind: "test", target: "deploys" },
        webhookId: "msg_test_uuid-1",
      },
    ]);
  });

  test("that succeeds switches on a target that was gone; one that fails does not", async () => {
    const api = createHarness();
    await api.ledger.switchTargetOff("audit", START);
    api.attempted = { verdict: "gone", status: 410, reason: "target_gone" };
    expect(json(await tryOut(api, "audit"))).toMatchObject({ verdict: "gone", status: 410 });
    expect((await api.ledger.readTarget("audit")).offSince).toBe(START);
    api.attempted = {};
    await tryOut(api, "audit");
    expect((await api.ledger.readTarget("audit")).offSince).toBeNull();
  });

  test("takes neither parameters nor a body, and sends nothing to whoever thinks it does", async () => {
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

  test("that is refused says by which part of the path, or that none is configured", async () => {
    const api = createHarness();
    expect(json(await tryOut(api, "audit", TOKENS.team)).errors).toEqual([
      { parameter: "name", detail: "missing scope targets:audit" },
    ]);
    expect(json(await tryOut(api, "absent")).detail).toBe("The target absent is not configured.");
    expect(json(await tryOut(api, "a%20b")).errors).toEqual([
      { parameter: "name", detail: expect.stringContaining("1 to 64 letters") },
    ]);
  });

  test("that does not exist or is not the caller's sends nothing", async () => {
    const api = createHarness({ config: CONFIG });
    expect((await tryOut(api, "absent")).status).toBe(404);
    expect((await tryOut(api, "constructor")).status).toBe(404);
    expect((await tryOut(api, "audit", TOKENS.team)).status).toBe(403);
    expect(api.deliveries).toEqual([]);
  });
});
