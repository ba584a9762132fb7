import { fileURLToPath } from "node:url";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { runCommand } from "../../support/run-command.ts";

const TOKEN = fileURLToPath(new URL("../../../local/ops/token.ts", import.meta.url));

test("a new token is printed with a valid config entry and the command that stores it", async () => {
  const { code, stdout } = await runCommand(
    process.execPath,
    [TOKEN, "--name", "gitlab", "--project", "prod", "--stage", "prod", "--operation", "stop"],
    { env: { AWS_REGION: "eu-west-1" } },
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {2}ccen_[\w-]{43}$/m);
  const entry = /^ {2}"gitlab": (.*)$/m.exec(stdout)?.[1] ?? "";
  const project = { projectId: "p", region: "eu-de", auth: { kind: "token", token: "t" } };
  const config = { projects: { prod: project }, tokens: { gitlab: JSON.parse(entry) } };
  expect(parseWholeConfig(config)).toMatchObject({ kind: "config" });
  expect(JSON.parse(entry)).toMatchObject({ projects: ["prod"], targets: ["*"], operations: ["stop"] });
  expect(stdout).toContain(`--region eu-west-1 --type SecureString`);
  expect(stdout).toContain(`--name /cce-job-notifier/prod/tokens/gitlab`);
  expect(stdout).toContain(`--value '${entry}'`);
});
