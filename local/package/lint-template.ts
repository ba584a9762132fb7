import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readScriptArguments } from "../ops/script-arguments.ts";
import { packageServiceIfChanged } from "./package-service.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/**
 * The AWS regions for which the CloudFormation template is checked. The list contains one region of each AWS partition,
 * and one region with every AWS service.
 */
const REGIONS = ["eu-central-1", "us-east-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"];
const VERSION = "1.58.0";

/**
 * The warnings of cfn-lint that are ignored, because they are about code that the Serverless Framework generates. W3005
 * reports a dependency that a reference already implies. W8003 reports a condition that is always true or always false.
 */
const IGNORED = ["W3005", "W8003"];

const COMMANDS = ["build/cfn-lint/bin/cfn-lint", "cfn-lint"];

/**
 * Returns the command that starts cfn-lint, from the folder build/cfn-lint or from a folder in PATH, or null if
 * cfn-lint is not installed.
 */
function findLinter(): string | null {
  const isThere = (command: string) => spawnSync(command, ["--version"], { cwd: ROOT }).status === 0;
  return COMMANDS.find(isThere) ?? null;
}

readScriptArguments(
  `Packages the service and checks its CloudFormation template for several AWS partitions. Needs cfn-lint.

  npm run lint:template

Exit status: 0, 1 if cfn-lint is missing or finds a fault, 2 for wrong use.
`,
  {},
);
const linter = findLinter();
if (linter === null) {
  process.stderr.write(
    "npm run lint:template needs cfn-lint, which needs Python 3.9 or newer. Install it with:\n" +
      `  python3 -m venv build/cfn-lint && build/cfn-lint/bin/pip install cfn-lint==${VERSION}\n`,
  );
  process.exitCode = 1;
} else {
  const folder = await packageServiceIfChanged({ serviceDir: ROOT, buildDir: join(ROOT, "build/packages") });
  const template = join(folder, "cloudformation-template-update-stack.json");
  const options = ["--non-zero-exit-code", "warning", "--ignore-checks", ...IGNORED, "--regions", ...REGIONS];
  const { status } = spawnSync(linter, [...options, "--template", template], { cwd: ROOT, stdio: "inherit" });
  if (status === 0)
    process.stdout.write(`cfn-lint finds nothing in the template for ${REGIONS.join(", ")}\n`);
  else process.exitCode = 1;
}
