import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { newToken, TOKEN_BYTES } from "../lib/api/new-token.ts";
import { Name } from "../lib/job.ts";

const USAGE = `Makes a bearer token and prints what to store.

  npm run token -- --name gitlab [--project prod]… [--target deploys]… [--stage prod]

Without --project or --target the token may use all of them.
`;

const { values } = parseArgs({
  options: {
    name: { type: "string" },
    project: { type: "string", multiple: true, default: ["*"] },
    target: { type: "string", multiple: true, default: ["*"] },
    stage: { type: "string", default: "dev" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const name = Name.safeParse(values.name);
if (values.help || !name.success) {
  (values.help ? process.stdout : process.stderr).write(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  const { token, entry } = newToken(randomBytes(TOKEN_BYTES), {
    projects: values.project,
    targets: values.target,
  });
  const stored = JSON.stringify(entry);
  process.stdout.write(`For the caller, shown this once:

  ${token}

For the config, under "tokens":

  ${JSON.stringify(name.data)}: ${stored}

On AWS:

  aws ssm put-parameter --type SecureString --overwrite \\
    --name /cce-job-notifier/${values.stage}/tokens/${name.data} \\
    --value '${stored}'
`);
}
