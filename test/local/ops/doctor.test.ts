import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseConfig } from "../../../lib/config/config.ts";
import type { Observation } from "../../../lib/domain/job.ts";
import { examineApi } from "../../../local/ops/doctor/api.ts";
import { examineEntries } from "../../../local/ops/doctor/config.ts";
import { type Examinations, examine } from "../../../local/ops/doctor/doctor.ts";
import { examineEndpoints } from "../../../local/ops/doctor/endpoints.ts";
import { type Finding, findingLines } from "../../../local/ops/doctor/finding.ts";
import { examineProjects } from "../../../local/ops/doctor/projects.ts";
import { examineBySending } from "../../../local/ops/doctor/send.ts";
import { examineTargets } from "../../../local/ops/doctor/targets.ts";

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
  const parsed = parseConfig(document);
  if (parsed.kind === "faults") throw new Error(parsed.faults.join());
  return parsed.config;
}

const NOTHING = { spent: true, durationMs: 1, answer: "" } as const;

const seeing = (seen: Observation) => ({ queryJob: async () => seen });

describe("projects", () => {
  it("are well when CCE says that it does not know the job", async () => {
    expect(await examineProjects(config(), seeing({ kind: "gone", text: "404" }))).toEqual([
      { what: "project prod", state: "ok", words: "CCE answers, and takes the credentials" },
    ]);
  });

  it.each(["unauthorized", "forbidden", "misconfigured", "unavailable"] as const)(
    "are at fault when %s, and the remedy is told",
    async (kind) => {
      const [finding] = await examineProjects(config(), seeing({ kind, text: "as the cloud says" }));
      expect(finding).toMatchObject({
        state: "fault",
        words: "as the cloud says",
        remedy: expect.any(String),
      });
    },
  );
});

test("targets are checked by the rules of delivery, and no URL is told", async () => {
  const findings = await examineTargets(
    config(),
    async (host) => {
      if (host === "nowhere.example") throw Object.assign(new Error(host), { code: "ENOTFOUND" });
      return [host === "wiki.example" ? "10.0.0.7" : "8.8.8.8"];
    },
    "more",
  );
  expect(findings.map(({ what, state, words }) => [what, state, words.replace(/.*\((.*)\)$/, "$1")])).toEqual(
    [
      ["target deploys", "ok", expect.stringContaining("slack")],
      ["target inside", "fault", "egress_private_address"],
      ["target plain", "fault", "egress_scheme"],
      ["target nowhere", "fault", "ENOTFOUND"],
    ],
  );
  expect(JSON.stringify(findings)).not.toContain("hunter2");
});

test("the hosts that projects are asked at are looked up, those of their IAM too", async () => {
  const password = { kind: "password", domain: "d", user: "u", password: "hunter2" };
  const parsed = parseConfig({
    projects: {
      ...document.projects,
      own: { projectId: "p", endpoint: "https://cce.own.example", auth: password },
      plain: { projectId: "p", endpoint: "http://cce.example", auth: password },
      lost: { ...document.projects.prod, endpoint: "https://nowhere.example" },
    },
  });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join());
  const findings = await examineEndpoints(parsed.config, async (host) => {
    if (host === "nowhere.example") throw Object.assign(new Error(host), { code: "ENOTFOUND" });
    return [host === "iam.own.example" ? "10.0.0.7" : "8.8.8.8"];
  });
  expect(findings.map(({ what, state, words }) => `${state} ${what}: ${words}`)).toEqual([
    "ok endpoint of prod: cce.eu-de.otc.t-systems.com is public",
    "ok endpoint of own: cce.own.example is public",
    "warning endpoint of own: iam.own.example is private",
    "warning endpoint of plain: cce.example is asked over plain http",
    "ok endpoint of plain: iam.example is public",
    "fault endpoint of lost: nowhere.example has no address (ENOTFOUND)",
  ]);
});

test.each([
  ["delivered", "ok"],
  ["retry", "fault"],
  ["gone", "fault"],
  ["rejected", "fault"],
] as const)("a message that is %s makes %s, by the target's name", async (verdict, state) => {
  const asked: string[] = [];
  const findings = await examineBySending(config(), {
    deliver: async ({ webhookId, allow }) => {
      asked.push(`${webhookId} ${allow}`);
      return { verdict, status: 418, reason: "client_error", afterSeconds: null, ...NOTHING };
    },
    now: () => 7,
    uuid: () => "uuid",
  });
  expect(findings.map((finding) => [finding.what, finding.state])).toEqual(
    Object.keys(document.targets).map((name) => [`message to ${name}`, state]),
  );
  expect(new Set(asked)).toEqual(new Set(["msg_test_uuid "]));
  expect(JSON.stringify(findings)).not.toContain("hunter2");
});

describe("the API", () => {
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
  const states = async () => (await examineApi(url, () => NOW)).map(({ what, state }) => `${what} ${state}`);

  it("is well when it is healthy and its clock is ours", async () => {
    answer = { status: 200, date: "Mon, 23 Nov 2026 12:00:02 GMT" };
    expect(await states()).toEqual(["API ok", "clock ok"]);
  });

  it("is at fault when degraded, and so is a clock that is minutes off", async () => {
    answer = { status: 503, date: "Mon, 23 Nov 2026 12:05:00 GMT" };
    expect(await states()).toEqual(["API fault", "clock fault"]);
  });

  it("is at fault when nobody answers", async () => {
    expect(await examineApi("http://127.0.0.1:1", () => NOW)).toEqual([
      expect.objectContaining({ state: "fault", remedy: expect.any(String) }),
    ]);
  });
});

describe("a stage", () => {
  const entries = [{ name: "targets/deploys", value: JSON.stringify(document.targets.deploys) }];
  const well: Finding = { what: "it", state: "ok", words: "is well" };
  const examined = async (changes: Partial<Examinations>) => {
    const told: Finding[] = [];
    const parts = { ofConfig: [async () => [well]], ofStage: [async () => [well], async () => [well]] };
    const worst = await examine(
      { config: () => examineEntries(async () => entries), ...parts, ...changes },
      (finding) => told.push(finding),
    );
    return { worst, told };
  };

  it("is as well as its worst part", async () => {
    expect((await examined({})).worst).toBe("ok");
    expect((await examined({ ofStage: [async () => [{ ...well, state: "warning" }]] })).worst).toBe(
      "warning",
    );
    const parts = [async () => [{ ...well, state: "fault" as const }], async () => [well]];
    expect((await examined({ ofStage: parts })).worst).toBe("fault");
  });

  it("with a faulty config is examined as far as that goes, and every fault is told", async () => {
    const { worst, told } = await examined({
      config: () => examineEntries(async () => [{ name: "targets/a", value: "{}" }, ...entries]),
    });
    expect(worst).toBe("fault");
    expect(told.map(({ what }) => what)).toEqual(["config", "it", "it"]);
  });

  it("that may not be read says what is needed", async () => {
    const { told } = await examined({
      config: () =>
        examineEntries(() =>
          Promise.reject(Object.assign(new Error("no"), { name: "AccessDeniedException" })),
        ),
    });
    expect(findingLines(told[0] ?? well)).toMatch(
      /^FAULT {3}config: .*AccessDenied.*\n {8}The credentials may not/,
    );
  });
});
