import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type SqsServer, startSqs } from "../../../local/servers/sqs.ts";
import { runCommand } from "../../support/run-command.ts";

const LOCAL = fileURLToPath(new URL("../../../local", import.meta.url));

async function run(command: string, env: Readonly<Record<string, string>> = {}) {
  const [file = "", ...parameters] = command.split(" ").map((part) => part.replaceAll("_", " "));
  // Not the credentials of whoever runs this, nor those of a machine at AWS.
  const nobody = { HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true" };
  const ran = await runCommand(process.execPath, [join(LOCAL, `${file}.ts`), ...parameters], {
    env: { ...nobody, ...env },
  });
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
  ["ops/doctor foo", "Unexpected argument 'foo'"],
  ["ops/doctor --send", "--send goes with --config; a stage's API does it: POST /v1/targets/NAME/test"],
  ["ops/redrive --queue=notify --bar", "Unknown option '--bar'"],
  ["ops/redrive --queue --stage prod", "Option '--queue' argument is ambiguous"],
  ["ops/redrive --queue dead", "--queue must be poll or notify"],
  ["ops/redrive --queue poll --stage ../x", "a stage's name has letters, digits and dashes"],
  ["ops/config --stag", "Unknown option '--stag'"],
  ["ops/config chck", "there is check, put and list"],
  ["ops/config put", "put what? A file is missing"],
  ["ops/config list --prune", "--prune goes with put"],
  ["ops/link", "--project is missing"],
  ["ops/link --project prod --days soon", "--days must be a number above 0"],
  [
    "ops/link --project prod --url nourl",
    "--url must be the API's address, starting with http:// or https://",
  ],
])("%s is answered in one line, with the usage, and exits with 2", async (command, line) => {
  const { code, stdout, stderr } = await run(command);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr.split("\n\n")[0]).toBe(line);
  expect(stderr).toContain("  npm run ");
});

test.each(["token", "ops/config", "ops/doctor", "ops/link", "ops/redrive"])(
  "%s --help tells its usage and exits with 0",
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

  test.each(["ops/config check", "ops/config list", "ops/link --project prod", "ops/redrive --queue poll"])(
    "%s says which are looked for, and exits with 1",
    async (command) => {
      const { code, stderr } = await run(command);
      expect(code).toBe(1);
      expect(stderr).toContain(
        `CredentialsProviderError: Could not load credentials from any providers\n${remedy}`,
      );
    },
  );

  it("the doctor says so, and does not ask whether the stage is deployed", async () => {
    const { code, stdout } = await run("ops/doctor --stage prod", { AWS_REGION: "eu-west-1" });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^stage prod, region eu-west-1 \(AWS_REGION\)\nFAULT {3}config: /);
    expect(stdout.split(remedy)).toHaveLength(1 + 7);
    expect(stdout).not.toContain("Is the stage deployed");
  });
});

describe("with a stage that is not there", () => {
  let sqs: SqsServer;
  beforeAll(async () => {
    sqs = await startSqs("eu-central-1");
  });
  afterAll(() => sqs.stop());

  it("a redrive names it, and asks whether it is deployed", async () => {
    const { code, stdout, stderr } = await run("ops/redrive --queue poll --stage prd", {
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "y",
      AWS_ENDPOINT_URL_SQS: sqs.url,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "stage prd, region eu-central-1 (by default)\n" });
    expect(stderr).toMatch(/^QueueDoesNotExist: .*\nIs the stage deployed in this region\?\n$/);
  });
});
