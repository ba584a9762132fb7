import { randomBytes } from "node:crypto";
import { CALLER_OPERATIONS, Rights } from "../../lib/config/config.ts";
import { Name } from "../../lib/domain/names.ts";
import { describeIssueWithoutPath } from "../../lib/domain/zod-fields.ts";
import { runCommand, UsageError } from "./command.ts";
import { createToken, TOKEN_BYTES } from "./create-token.ts";
import { configPath, resolveStage, STAGE_OPTIONS, STAGE_USAGE } from "./deployed-stage.ts";

const USAGE = `Creates a bearer token. Prints the token, and the entry for the config.

  cce-notifier token --config FILE --name gitlab [--project prod]…
      [--target deploys]… [--operation watch]…
  npm run token -- --name gitlab [--project prod]… [--target deploys]…
      [--operation watch]… [--stage prod]

Operations: ${CALLER_OPERATIONS.join(", ")}.
Without --project or --target the entry allows all projects or targets, which
is written as "*". Without --operation the entry allows watch and read.
Exit status: 0, 2 for wrong use.

${STAGE_USAGE}
`;

await runCommand(
  USAGE,
  {
    options: {
      ...STAGE_OPTIONS,
      config: { type: "string" },
      name: { type: "string" },
      project: { type: "string", multiple: true, default: ["*"] },
      target: { type: "string", multiple: true, default: ["*"] },
      operation: { type: "string", multiple: true, default: ["watch", "read"] },
    },
  },
  async ({ values }) => {
    if (values.name === undefined) throw new UsageError("--name is missing");
    const name = Name.safeParse(values.name);
    if (!name.success) throw new UsageError(`--name ${name.error.issues[0]?.message}`);
    const rights = Rights.safeParse({
      projects: values.project,
      targets: values.target,
      operations: values.operation,
    });
    // This check prevents a token with invalid rights, which would make the whole config invalid.
    if (!rights.success)
      throw new UsageError(
        rights.error.issues
          .map((issue) => `${issue.path.join(".")}: ${describeIssueWithoutPath(issue)}`)
          .join("\n"),
      );
    const { token, entry } = createToken(randomBytes(TOKEN_BYTES), rights.data);
    const stored = JSON.stringify(entry);
    process.stdout.write(`Token for the caller (shown only once):

  ${token}

Entry for the config, under "tokens":

  ${JSON.stringify(name.data)}: ${stored}
`);
    if (values.config !== undefined) return 0;
    const stage = await resolveStage(values);
    process.stdout.write(`
Or store it on AWS:

  aws ssm put-parameter --region ${stage.region} --type SecureString --overwrite \\
    --name ${configPath(stage)}/tokens/${name.data} \\
    --value '${stored}'
`);
    return 0;
  },
);
