import { type SqsServer, startSqs } from "../../../local/servers/start-sqs.ts";
import { type ProgramHost, startProgramHost } from "../../support/start-program-host.ts";

let host: ProgramHost;
beforeAll(() => {
  host = startProgramHost();
});
afterAll(() => host.stop());

async function run(command: string, env: Readonly<Record<string, string>> = {}) {
  const [file = "", ...parameters] = command.split(" ").map((part) => part.replaceAll("_", " "));
  // Neither credentials of the user nor those of an EC2 instance.
  const noCredentials = { HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true" };
  const ran = await host.run(`local/ops/${file}.ts`, parameters, { ...noCredentials, ...env });
  expect(ran.stderr).not.toMatch(/^ +at /m);
  return ran;
}

test.each([
  ["token gitlab", "Unexpected argument 'gitlab'"],
  ["token --nam x", "Unknown option '--nam'"],
  ["token", "--name is missing"],
  ["token --name a_b", "--name must be 1 to 64 letters, digits, '_' or '-', starting with a letter or digit"],
  [
    "token --name ci --project a_b --target deploys",
    "projects.0: must be 1 to 64 letters, digits, '_' or '-', starting with a letter or digit",
  ],
  ["doctor foo", "Unexpected argument 'foo'"],
  ["doctor --send", "--send requires --config. For a stage use the API: POST /v1/targets/NAME/test"],
  ["doctor --config x.json --alarm-test", "--alarm-test requires a stage, not --config"],
  ["redrive --queue=notify --bar", "Unknown option '--bar'"],
  ["redrive --queue --stage prod", "Option '--queue' argument is ambiguous"],
  ["redrive --queue dead", "--queue must be poll or notify"],
  ["redrive --queue poll --stage ../x", "a stage name consists of letters, digits and hyphens"],
  ["config --stag", "Unknown option '--stag'"],
  ["config chck", "unknown action 'chck'. Actions: check, put, list"],
  ["config put", "put requires a file"],
  ["config list --prune", "only the action put accepts --prune"],
  ["config put x.json --for aws", "only 'check FILE' accepts --for"],
  ["config check --for aws", "only 'check FILE' accepts --for"],
  ["config check x.json --for lambda", "--for must be aws or one-node"],
  ["link", "--project is missing"],
  ["link --project prod --days soon", "--days must be a number above 0"],
  ["link --project prod --url nourl", "--url must be the API's address, starting with http:// or https://"],
])("%s exits with 2 and prints one line and the usage", async (command, line) => {
  const { code, stdout, stderr } = await run(command);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr.split("\n\n")[0]).toBe(line);
  expect(stderr).toContain("  npm run ");
});

test("doctor reports missing AWS credentials once, names what was not checked, and counts the results", async () => {
  const { code, stdout } = await run("doctor --stage prod --region eu-central-1");
  expect(code).toBe(1);
  expect(stdout.split("\n").slice(1)).toEqual([
    "FAULT   AWS credentials: cannot be used (CredentialsProviderError)",
    expect.stringContaining("Set AWS_PROFILE"),
    "Not checked: config, API, queue poll, queue notify, queue poll-dead, queue notify-dead, alarms, concurrency.",
    "1 fault, 0 warnings, 0 checks ok.",
    "",
  ]);
});

test.each(["token", "config", "doctor", "link", "redrive"])(
  "%s --help prints the usage and exits with 0",
  async (command) => {
    expect(await run(`${command} --help`)).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining("  npm run "),
    });
  },
);

describe("without credentials", () => {
  const remedy = "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

  test.each(["config check", "config list", "link --project prod", "redrive --queue poll"])(
    "%s exits with 1 and says how to set credentials",
    async (command) => {
      const { code, stderr } = await run(command);
      expect(code).toBe(1);
      expect(stderr).toContain(
        `CredentialsProviderError: Could not load credentials from any providers\n${remedy}`,
      );
    },
  );

  it("the doctor explains how to set credentials, and does not suggest a deployment", async () => {
    const { code, stdout } = await run("doctor --stage prod", { AWS_REGION: "eu-west-1" });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^stage prod, region eu-west-1 \(AWS_REGION\)\nFAULT {3}AWS credentials: /);
    expect(stdout.split(remedy)).toHaveLength(1 + 1);
    expect(stdout).not.toContain("Check that the stage is deployed");
  });
});

describe("with a stage that is not deployed", () => {
  let sqs: SqsServer;
  beforeAll(async () => {
    sqs = await startSqs("eu-central-1");
  });
  afterAll(() => sqs.stop());

  it("redrive names the stage and suggests a check of the stage's deployment", async () => {
    const { code, stdout, stderr } = await run("redrive --queue poll --stage prd", {
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "y",
      AWS_ENDPOINT_URL_SQS: sqs.url,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "stage prd, region eu-central-1 (default)\n" });
    expect(stderr).toMatch(/^QueueDoesNotExist: .*\nCheck that the stage is deployed in this region\.\n$/);
  });
});
