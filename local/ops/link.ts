import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { listUrl } from "../../lib/api/link.ts";
import { configEntries } from "../servers/config-entries.ts";
import { apiAddress } from "./api-address.ts";
import { judgeEntries } from "./config-plan.ts";
import { readDeployed, STAGE_OPTIONS } from "./stage.ts";

const USAGE = `Makes a link to the list of a project's jobs. Whoever has it can read the list until it expires.

  npm run link -- --project prod [--stage S] [--days 30]
  npm run link -- --project prod --config FILE --url http://127.0.0.1:4000

  --stage dev, --region $AWS_REGION or eu-central-1; --days as in settings.linkDays.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      ...STAGE_OPTIONS,
      project: { type: "string" },
      days: { type: "string" },
      config: { type: "string" },
      url: { type: "string" },
    },
  });
  const days = values.days === undefined ? null : Number(values.days);
  if (values.help || values.project === undefined || (days !== null && !(days > 0))) {
    (values.help ? process.stdout : process.stderr).write(USAGE);
    return values.help ? 0 : 2;
  }
  const entries =
    values.config === undefined
      ? (await readDeployed(values)).entries
      : configEntries(JSON.parse(await readFile(values.config, "utf8")));
  const config = judgeEntries(entries);
  if ("faults" in config) return refuse(`the config has faults:\n- ${config.faults.join("\n- ")}`);
  const { settings, projects } = config;
  if (!Object.hasOwn(projects, values.project))
    return refuse(`no project '${values.project}'; there are: ${Object.keys(projects).join(", ") || "none"}`);
  const address = values.url ?? settings.publicUrl ?? (await apiAddress(values));
  const publicUrl = address.replace(/\/+$/, "");
  const maker = { publicUrl, linkKey: settings.linkKey, linkDays: days ?? settings.linkDays };
  const url = listUrl(maker, values.project, Date.now());
  if (url === null)
    return refuse("settings.linkKey is missing (openssl rand -hex 16 makes one): no links are made");
  process.stdout.write(`${url}\n`);
  return 0;
}

function refuse(words: string): number {
  process.stderr.write(`${words}\n`);
  return 1;
}

process.exitCode = await main().catch((error: unknown) =>
  refuse(error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
);
