import { createHash } from "node:crypto";
import { json } from "../http-answers.ts";
import { CONFIG } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";

const TOKEN = "token-under-test";

/** Creates a harness in which `TOKEN` has these rights. */
function createWith(rights: object) {
  const sha256 = createHash("sha256").update(TOKEN).digest("hex");
  const limited = { sha256, projects: ["prod"], targets: ["deploys"], operations: [], ...rights };
  return createHarness({ config: { ...CONFIG, tokens: { ...CONFIG.tokens, limited } } });
}

const CALLS = [
  ["watch", "POST", "/v1/jobs", { jobId: "b", notify: ["deploys"] }],
  ["read", "GET", "/v1/jobs", undefined],
  ["read", "GET", "/v1/jobs/prod/a", undefined],
  ["stop", "DELETE", "/v1/jobs/prod/a", undefined],
  ["redeliver", "POST", "/v1/jobs/prod/a/redeliver", undefined],
  ["test", "POST", "/v1/targets/deploys/test", undefined],
] as const;
const OPERATIONS = ["watch", "read", "stop", "redeliver", "test"] as const;

describe("the right to an operation", () => {
  test.each(CALLS)(
    "'%s' is needed for %s %s, and a 403 names the right",
    async (operation, method, url, body) => {
      const others = OPERATIONS.filter((other) => other !== operation);
      const api = createWith({ operations: others });
      const answer = await api.ask(method, url, { token: TOKEN, body });
      expect(answer.status).toBe(403);
      expect(json(answer).detail).toContain(`'${operation}'`);
      expect(answer.headers?.["www-authenticate"]).toContain(`scope="${operation}"`);
      expect(api.calls).toEqual([]);
      expect(api.deliveries).toEqual([]);
    },
  );

  test.each(CALLS)("'%s' is enough for %s %s", async (operation, method, url, body) => {
    const api = createWith({ operations: [operation] });
    const answer = await api.ask(method, url, { token: TOKEN, body });
    expect([200, 202, 204, 404]).toContain(answer.status);
  });

  test.each(["read", "stop", "redeliver"])(
    "'%s' does not show whether another project exists",
    async (operation) => {
      const api = createWith({ operations: [operation] });
      const [, method, url] = CALLS.find(([name, , path]) => name === operation && path.includes("/a")) ?? [];
      const answers = await Promise.all(
        ["secret", "absent"].map((project) =>
          api.ask(method ?? "", (url ?? "").replace("prod", project), { token: TOKEN }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    },
  );

  test("to a target of one project is no right to the target in another project", async () => {
    const rule = (project: string, target: string) => ({
      issuer: "https://ci.example.com",
      audience: "us",
      claims: { sub: "me" },
      projects: [project],
      targets: [target],
      operations: ["watch" as const],
    });
    const rights = [rule("prod", "deploys"), rule("secret", "ops")];
    const caller = { name: "oidc:https://ci.example.com:me", rights };
    const settings = { ...CONFIG.settings, defaultTargets: ["deploys", "ops"] };
    const api = createHarness({
      config: { ...CONFIG, settings, oidc: rights },
      identify: async () => ({ kind: "caller", caller }),
    });
    const post = (body: object) => api.ask("POST", "/v1/jobs", { token: "eyJh.eyJp.c2ln", body });
    const refused = await post({ jobId: "b", project: "prod", notify: ["ops"] });
    expect([refused.status, json(refused).errors.map(({ pointer }) => pointer)]).toEqual([
      403,
      ["#/notify/0"],
    ]);
    expect((await post({ jobId: "b", project: "secret", notify: ["ops"] })).status).toBe(202);
    await post({ jobId: "c", project: "prod" });
    const watch = await api.ledger.readWatchDocumentOrNull({
      project: "prod",
      jobId: "c",
      caller: caller.name,
    });
    expect(watch?.watch.targets).toEqual(["deploys"]);
  });

  test("does not name a target that the caller may not use in the header of a 403", async () => {
    const api = createWith({ operations: ["watch"] });
    const body = { jobId: "b", notify: ["ops"] };
    const answer = await api.ask("POST", "/v1/jobs", { token: TOKEN, body });
    expect([answer.status, answer.headers?.["www-authenticate"]]).toEqual([
      403,
      'Bearer realm="cce-job-notifier", error="insufficient_scope", scope="watch"',
    ]);
  });
});

describe("GET /v1/targets and GET /v1/projects", () => {
  test("list only what the caller may use, without URLs", async () => {
    const api = createWith({ targets: ["ops", "audit"], operations: ["read"] });
    const targets = await api.ask("GET", "/v1/targets", { token: TOKEN });
    expect(json(targets)).toEqual({
      targets: [
        { name: "audit", kind: "webhook" },
        { name: "ops", kind: "feishu" },
      ],
    });
    const projects = await api.ask("GET", "/v1/projects", { token: TOKEN });
    expect(json(projects)).toEqual({ projects: [{ name: "prod" }] });
  });

  test("list everything for a token with *, and nothing for a token without an operation", async () => {
    const api = createWith({ projects: ["*"], targets: ["*"], operations: [] });
    expect(json(await api.ask("GET", "/v1/projects"))).toEqual({
      projects: [{ name: "prod" }, { name: "secret" }],
    });
    expect(json(await api.ask("GET", "/v1/targets")).targets).toHaveLength(3);
    expect(json(await api.ask("GET", "/v1/targets", { token: TOKEN }))).toEqual({ targets: [] });
    expect(json(await api.ask("GET", "/v1/projects", { token: TOKEN }))).toEqual({ projects: [] });
  });

  test.each(["/v1/targets", "/v1/projects"])("%s needs a token, and has no parameters", async (url) => {
    const api = createHarness();
    expect((await api.ask("GET", url, { token: null })).status).toBe(401);
    expect((await api.ask("GET", `${url}?x=1`)).status).toBe(400);
  });
});
