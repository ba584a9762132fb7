import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { stripVTControlCharacters } from "node:util";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import type { Observation } from "../../../lib/domain/job.ts";
import { checkDeployedConfig } from "../../../local/ops/doctor/config-checks.ts";
import {
  type Checks,
  type Finding,
  formatFinding,
  formatSummary,
  runChecks,
  unreadableFinding,
} from "../../../local/ops/doctor/finding.ts";
import { checkEndpoints, checkProjects } from "../../../local/ops/doctor/project-checks.ts";
import { checkApi } from "../../../local/ops/doctor/stage-checks.ts";
import { checkTargets, sendTestMessages } from "../../../local/ops/doctor/target-checks.ts";
import { splitConfigIntoEntries } from "../../../local/stack/config-file.ts";

const document = {
  projects: { prod: { projectId: "p", region: "eu-de", auth: { kind: "token", token: "hunter2" } } },
  targets: {
    deploys: { kind: "slack", url: "https://hooks.slack.com/services/hunter2" },
    inside: { kind: "slack", url: "https://wiki.example/hunter2" },
    plain: { kind: "slack", url: "http://hooks.example/hunter2" },
    nowhere: { kind: "slack", url: "https://nowhere.example/hunter2" },
  },
};

function config() {
  const parsed = parseWholeConfig(document);
  if (parsed.kind === "faults") throw new Error(parsed.faults.join());
  return parsed.config;
}

const NOTHING = { spent: true, durationMs: 1, answer: "" } as const;

const cceWith = (observation: Observation) => ({ queryJob: async () => observation });

describe("checkProjects", () => {
  it("accepts credentials when CCE does not know the job", async () => {
    expect(await checkProjects(config(), cceWith({ kind: "gone", text: "404" }))).toEqual([
      { item: "project prod", state: "ok", text: "CCE answers and accepts the credentials" },
    ]);
  });

  it.each(["unauthorized", "forbidden", "misconfigured", "unavailable"] as const)(
    "reports a fault with a remedy for the observation %s",
    async (kind) => {
      const [finding] = await checkProjects(config(), cceWith({ kind, text: "as the cloud says" }));
      expect(finding).toMatchObject({
        state: "fault",
        text: "as the cloud says",
        remedy: expect.any(String),
      });
    },
  );
});

test("checkTargets applies the egress rules and shows no URL", async () => {
  const findings = await checkTargets(
    config(),
    async (host) => {
      if (host === "nowhere.example") throw Object.assign(new Error(host), { code: "ENOTFOUND" });
      return [host === "wiki.example" ? "10.0.0.7" : "8.8.8.8"];
    },
    "more",
  );
  expect(findings.map(({ item, state, text }) => [item, state, text.replace(/.*\((.*)\)$/, "$1")])).toEqual([
    ["target deploys", "ok", expect.stringContaining("slack")],
    ["target inside", "fault", "egress_private_address"],
    ["target plain", "fault", "egress_scheme"],
    ["target nowhere", "fault", "ENOTFOUND"],
  ]);
  expect(JSON.stringify(findings)).not.toContain("hunter2");
});

test("checkEndpoints resolves the hosts of CCE and IAM", async () => {
  const password = { kind: "password", domain: "d", user: "u", password: "hunter2" };
  const parsed = parseWholeConfig({
    projects: {
      ...document.projects,
      own: { projectId: "p", endpoint: "https://cce.own.example", auth: password },
      plain: { projectId: "p", endpoint: "http://cce.example", auth: password },
      lost: { ...document.projects.prod, endpoint: "https://nowhere.example" },
    },
  });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join());
  const findings = await checkEndpoints(parsed.config, async (host) => {
    if (host === "nowhere.example") throw Object.assign(new Error(host), { code: "ENOTFOUND" });
    return [host === "iam.own.example" ? "10.0.0.7" : "8.8.8.8"];
  });
  expect(findings.map(({ item, state, text }) => `${state} ${item}: ${text}`)).toEqual([
    "ok endpoint of prod: cce.eu-de.otc.t-systems.com has a public address",
    "ok endpoint of own: cce.own.example has a public address",
    "warning endpoint of own: iam.own.example has a private address",
    "warning endpoint of plain: cce.example is used over plain http",
    "ok endpoint of plain: iam.example has a public address",
    "fault endpoint of lost: nowhere.example has no address (ENOTFOUND)",
  ]);
});

test.each([
  ["delivered", "ok"],
  ["retry", "fault"],
  ["gone", "fault"],
  ["rejected", "fault"],
] as const)("a test message with the verdict %s gives the state %s", async (verdict, state) => {
  const requests: string[] = [];
  const findings = await sendTestMessages(config(), {
    deliver: async ({ webhookId, allow }) => {
      requests.push(`${webhookId} ${allow}`);
      return { verdict, status: 418, reason: "client_error", afterSeconds: null, ...NOTHING };
    },
    now: () => 7,
    uuid: () => "uuid",
  });
  expect(findings.map((finding) => [finding.item, finding.state])).toEqual(
    Object.keys(document.targets).map((name) => [`message to ${name}`, state]),
  );
  expect(new Set(requests)).toEqual(new Set(["msg_test_uuid "]));
  expect(JSON.stringify(findings)).not.toContain("hunter2");
});

describe("checkApi", () => {
  let server: Server;
  let url: string;
  let answer: { status: number; date: string };
  beforeAll(async () => {
    server = createServer((_, response) =>
      response.writeHead(answer.status, { date: answer.date }).end("{}"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const NOW = Date.parse("Mon, 23 Nov 2026 12:00:00 GMT");
  const states = async () => (await checkApi(url, () => NOW)).map(({ item, state }) => `${item} ${state}`);

  it("accepts a healthy API with a correct clock", async () => {
    answer = { status: 200, date: "Mon, 23 Nov 2026 12:00:02 GMT" };
    expect(await states()).toEqual(["API ok", "clock ok"]);
  });

  it("reports an unhealthy API, and a clock that is wrong by minutes", async () => {
    answer = { status: 503, date: "Mon, 23 Nov 2026 12:05:00 GMT" };
    expect(await states()).toEqual(["API fault", "clock fault"]);
  });

  it("reports an API that does not answer", async () => {
    expect(await checkApi("http://127.0.0.1:1", () => NOW)).toEqual([
      expect.objectContaining({ state: "fault", remedy: expect.any(String) }),
    ]);
  });
});

describe("runChecks", () => {
  const entries = splitConfigIntoEntries({ targets: { deploys: document.targets.deploys } });
  const good: Finding = { item: "it", state: "ok", text: "is good" };
  const runWith = async (changes: Partial<Checks>) => {
    const findings: Finding[] = [];
    const parts = { withConfig: [async () => [good]], always: [async () => [good], async () => [good]] };
    const summary = await runChecks(
      { checkConfig: () => checkDeployedConfig(async () => entries), ...parts, ...changes },
      (finding) => findings.push(finding),
    );
    return { summary, findings };
  };

  it("counts the findings of each state", async () => {
    const parts = [async () => [{ ...good, state: "fault" as const }], async () => [good]];
    const { summary } = await runWith({ always: parts });
    expect(summary).toEqual({ counts: { ok: 3, warning: 0, fault: 1 }, unchecked: [] });
    expect(stripVTControlCharacters(formatSummary(summary))).toBe("1 fault, 0 warnings, 3 checks ok.");
  });

  it.each(["CredentialsProviderError", "ExpiredTokenException", "UnrecognizedClientException"])(
    "reports %s of several checks once, and names what was not checked",
    async (name) => {
      const error = Object.assign(new Error("no"), { name });
      const failing = (item: string) => async () => [unreadableFinding(item, error, "more")];
      const { summary, findings } = await runWith({
        checkConfig: () => checkDeployedConfig(() => Promise.reject(error)),
        always: [failing("queue poll"), failing("alarms"), async () => [good]],
      });
      expect(findings.map(({ item, state }) => [item, state])).toEqual([
        ["AWS credentials", "fault"],
        ["it", "ok"],
      ]);
      expect(findings[0]?.remedy).not.toBe("more");
      expect(stripVTControlCharacters(formatSummary(summary))).toBe(
        "Not checked: config, queue poll, alarms.\n1 fault, 0 warnings, 1 check ok.",
      );
    },
  );

  it("reports each item that the credentials may not read", async () => {
    const error = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    const failing = (item: string) => async () => [unreadableFinding(item, error, "more")];
    const { findings } = await runWith({ always: [failing("queue poll"), failing("alarms")] });
    expect(findings.map(({ item }) => item)).toEqual(["config", "it", "queue poll", "alarms"]);
  });

  it("runs only the checks that need no config if the config is invalid", async () => {
    const { summary, findings } = await runWith({
      checkConfig: () => checkDeployedConfig(async () => [{ name: "targets/a", value: "{}" }, ...entries]),
    });
    expect(summary.counts.fault).toBeGreaterThan(0);
    expect(findings.map(({ item }) => item)).toEqual(["config", "it", "it"]);
  });

  it("reports a remedy when the config cannot be read", async () => {
    const { findings } = await runWith({
      checkConfig: () =>
        checkDeployedConfig(() =>
          Promise.reject(Object.assign(new Error("no"), { name: "AccessDeniedException" })),
        ),
    });
    expect(stripVTControlCharacters(formatFinding(findings[0] ?? good))).toMatch(
      /^FAULT {3}config: .*AccessDenied.*\n {8}The credentials lack a permission/,
    );
  });
});
