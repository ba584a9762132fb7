import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApiGatewayV2Client, CreateApiCommand, GetApiMappingsCommand } from "@aws-sdk/client-apigatewayv2";
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { GetParametersByPathCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { installProgram, runInstaller } from "../servers/install-program.ts";
import { runCommand } from "../support/run-command.ts";
import { shellBlocks } from "../support/shell-blocks.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const REGION = "eu-central-1";
const VERSION = "1.46.3";
const CERTIFICATE = `arn:aws:acm:${REGION}:123456789012:certificate/12345678-1234-1234-1234-123456789012`;
/** More parameters than one call of DeleteParameters accepts. */
const PARAMETERS = 12;

/** Installs the AWS CLI with pip, and returns the folder of its programs. */
async function installAwsCli(): Promise<string> {
  const folder = await installProgram(`awscli-${VERSION}`, async (venv) => {
    const options = { signal: new AbortController().signal };
    await runInstaller("The AWS CLI needs Python 3.10 or newer.", "python3", ["-m", "venv", venv], options);
    const parameters = ["install", "--quiet", "--disable-pip-version-check", `awscli==${VERSION}`];
    await runInstaller(
      "The AWS CLI cannot be downloaded from PyPI.",
      join(venv, "bin/pip"),
      parameters,
      options,
    );
  });
  return join(folder, "bin");
}

/**
 * Runs every code block of docs/deploy.md with commands of the AWS CLI, as printed, on moto. Checks what the commands have
 * changed. Returns the number of code blocks.
 * @throws AssertionError if a command fails or changes something else
 */
export async function runDocumentedAwsCommands(url: string): Promise<number> {
  const programs = await installAwsCli();
  const credentials = { accessKeyId: "check", secretAccessKey: "check" };
  const client = { endpoint: url, region: REGION, credentials };
  const [apis, tables, ssm] = [
    new ApiGatewayV2Client(client),
    new DynamoDBClient(client),
    new SSMClient(client),
  ];
  const { ApiId = "" } = await apis.send(new CreateApiCommand({ Name: "documented", ProtocolType: "HTTP" }));
  await tables.send(
    new CreateTableCommand({
      TableName: "cce-job-notifier-prod-ledger",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  for (let i = 0; i < PARAMETERS; i += 1) {
    const parameter = { Name: `/cce-job-notifier/prod/targets/t${i}`, Value: "{}" };
    await ssm.send(new PutParameterCommand({ Name: parameter.Name, Value: parameter.Value, Type: "String" }));
  }

  const folder = await mkdtemp(join(tmpdir(), "aws-commands-"));
  await mkdir(join(folder, "deploy"));
  await cp(join(ROOT, "deploy/iam"), join(folder, "deploy/iam"), { recursive: true });
  const aws = async (code: string): Promise<string> => {
    const ran = await runCommand("bash", ["--norc", "-e", "-o", "pipefail", "-c", code], {
      cwd: folder,
      env: {
        PATH: `${programs}${delimiter}${process.env.PATH}`,
        HOME: folder,
        AWS_ENDPOINT_URL: url,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_REGION: REGION,
        AWS_DEFAULT_REGION: REGION,
      },
    });
    assert.equal(ran.code, 0, `${code}\n${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  };
  const document = await readFile(join(ROOT, "docs/deploy.md"), "utf8");
  const blocks = shellBlocks(document).filter((code) => /\baws /.test(code));
  for (const code of blocks)
    await aws(code.replaceAll("CERTIFICATE_ARN", CERTIFICATE).replaceAll("API_ID", ApiId));

  assert.match(await aws("aws iam list-policies --scope Local"), /"cce-job-notifier-prod-operator"/);
  const policy = "--role-name deploy-cce-job-notifier-prod --policy-name deployer";
  assert.match(await aws(`aws iam get-role-policy ${policy}`), /cloudformation:CreateStack/);
  const { Items = [] } = await apis.send(new GetApiMappingsCommand({ DomainName: "jobs.my-company.net" }));
  assert.deepEqual(
    Items.map((mapping) => [mapping.ApiId, mapping.Stage]),
    [[ApiId, "$default"]],
  );
  assert.ok(
    !(await tables.send(new ListTablesCommand())).TableNames?.includes("cce-job-notifier-prod-ledger"),
  );
  const path = { Path: "/cce-job-notifier/prod", Recursive: true };
  assert.deepEqual((await ssm.send(new GetParametersByPathCommand(path))).Parameters, []);
  await rm(folder, { recursive: true });
  return blocks.length;
}
