import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalServer } from "../../../local/servers/local-server.ts";
import { startTestSsm } from "../../support/aws-servers.ts";
import { type ProgramHost, startProgramHost } from "../../support/start-program-host.ts";

const CONFIG = {
  projects: { prod: { projectId: "p", region: "eu-de", auth: { kind: "token", token: "hunter2hunter2" } } },
  targets: { deploys: { kind: "slack", url: "https://hooks.slack.com/services/hunter2" } },
  settings: { linkKeys: ["hunter2-8d1f6b3a9c5e7420f8b2d6a4c1e9"], publicUrl: "https://jobs.example/" },
};

let folder: string;
let file: string;
let ssm: LocalServer;
let host: ProgramHost;
beforeAll(async () => {
  host = startProgramHost();
  folder = await mkdtemp(join(tmpdir(), "ops-"));
  file = join(folder, "config.json");
  await writeFile(file, JSON.stringify(CONFIG));
  ssm = await startTestSsm({ configFile: file, path: "/cce-job-notifier/dev", region: "eu-central-1" });
});
afterAll(async () => {
  await host.stop();
  await ssm.stop();
  await rm(folder, { recursive: true });
});

async function run(command: string, ...args: string[]) {
  const ran = await host.run(`local/ops/${command}.ts`, args, {
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "y",
    AWS_REGION: "eu-central-1",
    AWS_ENDPOINT_URL_SSM: ssm.url,
  });
  const { code, stdout: out, stderr: errors } = ran;
  expect(out + errors).not.toContain("hunter2");
  return { out, errors, code };
}

test("config list prints a stage's config without its secrets", async () => {
  const { out, code } = await run("config", "list");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    projects: { prod: { projectId: "p", auth: { kind: "token", token: "<secret>" } } },
    targets: { deploys: { url: "<secret>" } },
    settings: { linkKeys: ["<secret>"] },
  });
});

test.each([
  ["https://chat.example.net/hooks/hunter2", true],
  ["https://hooks.slack.com/triggers/hunter2", true],
  ["https://hooks.slack.com/workflows/hunter2", true],
  ["https://hooks.slack.com/services/hunter2", false],
])(
  "config check says of a Slack target whether its receiver shows only plain text: %s",
  async (url, isNoted) => {
    const path = join(folder, "noted.json");
    await writeFile(path, JSON.stringify({ ...CONFIG, targets: { deploys: { kind: "slack", url } } }));
    const { out, code } = await run("config", "check", path);
    expect(code).toBe(0);
    expect(out.includes("Note: targets.deploys: the URL is not an incoming webhook of Slack.")).toBe(isNoted);
  },
);

test("config prints the stage and the region first, on stderr for list and on stdout for the other actions", async () => {
  const line = "stage dev, region eu-central-1 (AWS_REGION)\n";
  expect((await run("config", "check")).out.startsWith(line)).toBe(true);
  expect((await run("config", "put", file)).out.startsWith(line)).toBe(true);
  expect(await run("config", "list")).toMatchObject({ errors: line });
});

test("config check fails for a stage without a config", async () => {
  expect(await run("config", "check", "--stage", "prd")).toMatchObject({
    code: 1,
    errors: expect.stringContaining("there is no config below /cce-job-notifier/prd"),
  });
});

test("config check and put refuse ineffective entries together with all other faults", async () => {
  const ineffective = join(folder, "ineffective.json");
  const settings = { ...CONFIG.settings, egress: { allow: ["10.0.0.0/99"] }, maxPolls: 0 };
  const targets = { inside: { kind: "slack", url: "http://10.0.0.1/hunter2" } };
  await writeFile(ineffective, JSON.stringify({ ...CONFIG, targets, settings }));
  for (const verb of ["check", "put"]) {
    const { code, errors } = await run("config", verb, ineffective);
    expect(code).toBe(1);
    expect(errors).toMatch(
      /- settings\.maxPolls: .*\n- targets\.inside\.url: .*literal_address.*\n- settings\.egress\.allow\.0: must be a host/,
    );
  }
});

test("config check accepts a valid stage config and a valid file", async () => {
  expect(await run("config", "check")).toMatchObject({ code: 0, out: expect.stringContaining("6 entries") });
  expect(await run("config", "check", file)).toMatchObject({ code: 0 });
});

test("config check and put list every fault of a file without values", async () => {
  const faulty = join(folder, "faulty.json");
  const targets = { deploys: { kind: "slack", url: "hunter2" }, audit: { kind: "webhook", url: "hunter2" } };
  await writeFile(faulty, JSON.stringify({ ...CONFIG, targets }));
  const { errors, code } = await run("config", "check", faulty);
  expect(code).toBe(1);
  expect(errors).toMatch(/targets\.deploys\.url: .*\n- targets\.audit\./);
  expect(await run("config", "put", faulty)).toMatchObject({ code: 1, out: "" });
});

test("config check and put refuse a file that Parameter Store refuses, and config check accepts the same file for one node", async () => {
  const large = join(folder, "large.json");
  const targets = {
    deploys: { ...CONFIG.targets.deploys, url: `https://hooks.slack.com/${"x".repeat(9000)}` },
    audit: { kind: "slack", url: "https://hooks.slack.com/{{hunter2}}" },
  };
  await writeFile(large, JSON.stringify({ ...CONFIG, targets, settings: { maxPolls: 0 } }));
  const faults =
    /- settings\.maxPolls: .*\n- targets\.audit\.url: Parameter Store refuses '\{\{'.*\n- targets\.deploys: too long for Parameter Store: .* targets\.deploys\.url /;
  for (const parameters of [
    ["check", large],
    ["check", large, "--for", "aws"],
    ["put", large],
  ])
    expect(await run("config", ...parameters)).toMatchObject({
      code: 1,
      out: "",
      errors: expect.stringMatching(faults),
    });
  await writeFile(large, JSON.stringify({ ...CONFIG, targets }));
  expect(await run("config", "check", large, "--for", "one-node")).toMatchObject({ code: 0, errors: "" });
  expect(await run("config", "check", large)).toMatchObject({ code: 1 });
});

test("the doctor reports entries of a file that Parameter Store refuses", async () => {
  const large = join(folder, "large.json");
  const targets = { audit: { kind: "slack", url: "https://hooks.slack.com/{{hunter2}}" } };
  await writeFile(large, JSON.stringify({ targets }));
  const { code, out } = await run("doctor", "--config", large);
  expect(code).toBe(1);
  expect(out).toContain("targets.audit.url: Parameter Store refuses '{{'");
});

test("config put stores changes in order, and with --prune removes entries that the file does not contain", async () => {
  const changed = join(folder, "changed.json");
  const { settings, ...rest } = CONFIG;
  await writeFile(
    changed,
    JSON.stringify({
      projects: { production: rest.projects.prod },
      targets: rest.targets,
      settings: { ...settings, defaultProject: "production" },
    }),
  );
  const stage = ["--stage", "dev"];
  const { code, out } = await run("config", "put", changed, "--prune", ...stage);
  expect(code).toBe(0);
  expect(out.split("\n").slice(1)).toEqual([
    "added    secret/projects/production",
    "added    projects/production",
    "changed  settings",
    "removed  projects/prod",
    "removed  secret/projects/prod",
    "3 unchanged. The functions read the config again within five minutes.",
    "",
  ]);
  expect(await run("config", "put", file, "--prune", ...stage)).toMatchObject({ code: 0 });
  expect(await run("config", "check", ...stage)).toMatchObject({ out: expect.stringContaining("6 entries") });
});

test("link uses the stage's own key and address", async () => {
  const { out, code } = await run("link", "--project", "prod");
  expect(code).toBe(0);
  expect(out).toMatch(/^https:\/\/jobs\.example\/jobs\?project=prod&key=[\w.-]+\n$/);
  expect(await run("link", "--project", "nobody")).toMatchObject({
    code: 1,
    errors: expect.stringContaining("Projects: prod"),
  });
});

test("link with --config takes the address from --url or the file, without AWS", async () => {
  const bare = join(folder, "bare.json");
  await writeFile(
    bare,
    JSON.stringify({ ...CONFIG, settings: { linkKeys: ["hunter2-8d1f6b3a9c5e7420f8b2d6a4c1e9"] } }),
  );
  expect(await run("link", "--project", "prod", "--config", file)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^https:\/\/jobs\.example\/jobs\?/),
  });
  expect(
    await run("link", "--project", "prod", "--config", bare, "--url", "http://127.0.0.1:4000/"),
  ).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^http:\/\/127\.0\.0\.1:4000\/jobs\?/),
  });
  expect(await run("link", "--project", "prod", "--config", bare)).toEqual({
    code: 1,
    out: "",
    errors: "the API's address is unknown. Give --url, or set settings.publicUrl in the config file\n",
  });
});

test("link refuses a file that is not a config", async () => {
  const strange = join(folder, "strange.json");
  await writeFile(strange, '{ "name": "a", "version": "1.0.0" }');
  expect(await run("link", "--project", "prod", "--config", strange)).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/strange\.json is invalid:\n- .*'name', 'version'/),
  });
});

test.each([["config"], ["link"], ["redrive"]])(
  "%s without required arguments prints its usage",
  async (command) => {
    expect(await run(command)).toMatchObject({ code: 2, errors: expect.stringContaining("npm run") });
  },
);
