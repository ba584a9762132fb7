import { randomBytes } from "node:crypto";
import { Token } from "../../lib/config/config.ts";
import { Name } from "../../lib/domain/job.ts";
import { describeIssue } from "../../lib/domain/zod-fields.ts";
import { runCommand, UsageError } from "./command.ts";
import { createToken, TOKEN_BYTES } from "./create-token.ts";
import { configPath, findStage, STAGE_OPTIONS, STAGE_USAGE } from "./stage.ts";

const USAGE = `Creates a bearer token. Prints the token, and the entry for the config.

  npm run token -- --name gitlab [--project prod]… [--target deploys]… [--stage prod]

Without --project or --target the token may use all projects or targets. Exit status: 0, 2 for wrong use.

${STAGE_USAGE}
`;

await runCommand(
  USAGE,
  {
    options: {
      ...STAGE_OPTIONS,
      name: { type: "string" },
      project: { type: "string", multiple: true, default: ["*"] },
      target: { type: "string", multiple: true, default: ["*"] },
    },
  },
  async ({ values }) => {
    if (values.name === undefined) throw new UsageError("--name is missing");
    const name = Name.safeParse(values.name);
    if (!name.success) throw new UsageError(`--name ${name.error.issues[0]?.message}`);
    const { token, entry } = createToken(randomBytes(TOKEN_BYTES), {
      projects: values.project,
      targets: values.target,
    });
    // With this entry for the new token, the whole config would be invalid.
    const faults = Token.safeParse(entry).error?.issues ?? [];
    if (faults.length > 0)
      throw new UsageError(
        faults.map((issue) => `${issue.path.join(".")}: ${describeIssue(issue)}`).join("\n"),
      );
    const stage = await findStage(values);
    const stored = JSON.stringify(entry);
    process.stdout.write(`Token for the caller (shown only once):

  ${token}

Entry for the config, under "tokens":

  ${JSON.stringify(name.data)}: ${stored}

Or store it on AWS:

  aws ssm put-parameter --region ${stage.region} --type SecureString --overwrite \\
    --name ${configPath(stage)}/tokens/${name.data} \\
    --value '${stored}'
`);
    return 0;
  },
);
