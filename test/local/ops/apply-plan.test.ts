import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SSMClient } from "@aws-sdk/client-ssm";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { readSsmParameters } from "../../../lib/runtime/ssm-config.ts";
import { applyPlanSteps } from "../../../local/ops/apply-plan.ts";
import { planConfigSteps } from "../../../local/ops/config-plan.ts";
import { parseEntries } from "../../../local/ops/deployed-config.ts";
import { AwsError } from "../../../local/servers/aws-error.ts";
import { startSsm } from "../../../local/servers/ssm.ts";
import { splitConfigIntoEntries } from "../../../local/stack/config-file.ts";

const PATH = "/cce-job-notifier/dev";
const slack = { kind: "slack", url: "https://hooks.slack.com/services/T0/B0/hunter2" };
const project = { projectId: "p", region: "eu-de", auth: { kind: "token", token: "hunter2" } };
const token = (projects: string[], targets: string[]) => {
  return { sha256: "0".repeat(64), projects, targets, operations: ["watch"] };
};
const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`t${i}`, slack]));
const OLD = {
  projects: { prod: project },
  targets: { deploys: slack, ...many },
  tokens: { ci: token(["prod"], ["deploys"]) },
  settings: { defaultProject: "prod", defaultTargets: ["deploys"] },
};
/** Renames the project and a target, moves every reference, and drops a target. */
const NEW = {
  projects: { production: project },
  targets: { alerts: slack, ...many, t3: { ...slack, mention: "<!here>" } },
  tokens: { ci: token(["production"], ["alerts"]), dev: token(["production"], ["t1"]) },
  settings: { defaultProject: "production", defaultTargets: ["alerts"] },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "apply-"));
});
afterAll(() => rm(folder, { recursive: true }));

type Fault = (operation: string) => AwsError | null;

/** Starts a Parameter Store that has a config, with a clock that only `wait` moves. */
async function setUp(document: object, fault: Fault = () => null) {
  const configFile = join(folder, `${Math.random()}.json`);
  await writeFile(configFile, JSON.stringify(document));
  const clock = { now: 0 };
  const waits: number[] = [];
  const server = await startSsm({
    configFile,
    path: PATH,
    region: "eu-central-1",
    now: () => clock.now,
    fault,
  });
  const connect = () =>
    new SSMClient({
      endpoint: server.url,
      region: "eu-central-1",
      credentials: { accessKeyId: "x", secretAccessKey: "y" },
      maxAttempts: 1,
    });
  const [writer, reader] = [connect(), connect()];
  const lines: string[] = [];
  return {
    clock,
    waits,
    lines,
    writer,
    read: () => readSsmParameters(reader, PATH),
    async put(wanted: object, removeOthers: boolean) {
      const steps = planConfigSteps(await this.read(), splitConfigIntoEntries(wanted), removeOthers);
      await applyPlanSteps(writer, PATH, steps, (line) => lines.push(line), {
        now: () => clock.now,
        random: () => 1,
        wait: async (ms) => {
          waits.push(ms);
          clock.now += ms;
        },
      });
    },
    async stop() {
      writer.destroy();
      reader.destroy();
      await server.stop();
    },
  };
}

/** Changes the kind of a target that every reference keeps, and of another target. */
const OTHER_KIND = {
  ...OLD,
  targets: {
    ...OLD.targets,
    deploys: { kind: "webhook", url: "https://audit.example.com", secrets: [`whsec_${"A".repeat(32)}`] },
    t1: { kind: "teams", url: "https://prod.logic.azure.com/workflows/1" },
  },
};

const valid = (document: object) => expect(parseWholeConfig(document)).toMatchObject({ kind: "config" });

test.each([
  ["additions to an empty stage", {}, OLD, false],
  ["a rename with moved references", OLD, NEW, true],
  ["a rename that keeps the old entries", OLD, NEW, false],
  ["the rename back", NEW, OLD, true],
  ["another kind of a target", OLD, OTHER_KIND, true],
  ["another kind of a target, without the removal of entries", OTHER_KIND, NEW, false],
  ["the removal of everything", OLD, {}, true],
])(
  "a function that reads between any two writes finds a valid config: %s",
  async (_, before, after, removeOthers) => {
    valid(before);
    valid(after);
    const stage = await setUp(before);
    const reads: string[] = [];
    stage.writer.middlewareStack.add(
      (next) => async (input) => {
        const answer = await next(input);
        reads.push(parseEntries(await stage.read()).kind);
        return answer;
      },
      { step: "initialize" },
    );
    await stage.put(after, removeOthers);
    expect(reads.length).toBeGreaterThan(3);
    expect(reads.filter((kind) => kind !== "config")).toEqual([]);
    if (removeOthers) expect((await stage.read()).map(({ name }) => name)).toEqual(names(after));
    await stage.stop();
  },
);

const names = (document: object) => splitConfigIntoEntries(document).map(({ name }) => name);

test("applyPlanSteps sends at most three writes per second, and reports names without values", async () => {
  const stage = await setUp(OLD);
  await stage.put(NEW, true);
  // The server refuses a fourth write within a second. A refusal would add a wait of a second, so no write was
  // refused.
  expect(new Set(stage.waits)).toEqual(new Set([350]));
  expect(stage.lines).toEqual([
    "added    secret/targets/alerts",
    "changed  secret/targets/t3",
    "added    targets/alerts",
    "added    secret/projects/production",
    "added    projects/production",
    "changed  tokens/ci",
    "added    tokens/dev",
    "changed  settings",
    "removed  projects/prod",
    "removed  secret/projects/prod",
    "removed  targets/deploys",
    "removed  secret/targets/deploys",
  ]);
  await stage.stop();
});

test("a write that SSM throttles is repeated later", async () => {
  const failures = [
    new AwsError("ThrottlingException", "Rate exceeded"),
    new AwsError("TooManyUpdates", "There are concurrent updates for a resource"),
    new AwsError("InternalServerError", "", 500),
  ];
  const stage = await setUp({}, (operation) =>
    operation === "PutParameter" ? (failures.shift() ?? null) : null,
  );
  await stage.put(OLD, false);
  expect(failures).toEqual([]);
  expect(stage.waits.slice(0, 3)).toEqual([1000, 2000, 4000]);
  expect((await stage.read()).map(({ name }) => name)).toEqual(names(OLD));
  await stage.stop();
});

test("a put that fails half-way reports the failure, leaves a valid config, and continues when the command is repeated", async () => {
  let remainingWrites = 6;
  const denied = new AwsError("AccessDeniedException", "denied");
  const stage = await setUp(OLD, (operation) =>
    operation === "GetParametersByPath" || remainingWrites-- > 0 ? null : denied,
  );
  await expect(stage.put(NEW, true)).rejects.toThrow("denied");
  expect(stage.lines.at(-1)).toBe(
    "failed   tokens/dev. 6 of 12 changes are stored. Repeat the command to continue",
  );
  expect(parseEntries(await stage.read()).kind).toBe("config");
  remainingWrites = Number.POSITIVE_INFINITY;
  stage.lines.length = 0;
  await stage.put(NEW, true);
  expect(stage.lines).toHaveLength(6);
  expect((await stage.read()).map(({ name }) => name)).toEqual(names(NEW));
  await stage.stop();
});

test("the command fails after a minute if SSM throttles every write", async () => {
  const stage = await setUp({}, (operation) =>
    operation === "PutParameter" ? new AwsError("ThrottlingException", "Rate exceeded") : null,
  );
  await expect(stage.put(OLD, false)).rejects.toThrow("Rate exceeded");
  expect(stage.clock.now).toBeGreaterThan(50_000);
  expect(stage.clock.now).toBeLessThanOrEqual(60_000);
  await stage.stop();
});

test("a parameter that is already deleted counts as removed", async () => {
  const stage = await setUp(OLD);
  const steps = [{ name: "targets/gone", value: "", kind: "remove" }] as const;
  await applyPlanSteps(stage.writer, PATH, steps, (line) => stage.lines.push(line), {
    now: () => 0,
    random: () => 0,
    wait: async () => undefined,
  });
  expect(stage.lines).toEqual(["removed  targets/gone"]);
  await stage.stop();
});

test("a long value becomes an advanced parameter, and a short one a standard parameter", async () => {
  const stage = await setUp({});
  const inputs: unknown[] = [];
  stage.writer.middlewareStack.add(
    (next) => async (request) => {
      inputs.push(request.input);
      return next(request);
    },
    { step: "initialize" },
  );
  await stage.put({ targets: { a: { ...slack, url: `${slack.url}/${"x".repeat(5000)}` } } }, false);
  const stored = { Type: "SecureString", Tier: "Intelligent-Tiering", Overwrite: true };
  expect(inputs).toEqual([expect.objectContaining(stored), expect.objectContaining(stored)]);
  expect(await stage.read()).toHaveLength(2);
  await stage.stop();
});
