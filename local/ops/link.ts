import { listPageUrl } from "../../lib/auth/link-keys.ts";
import type { Config } from "../../lib/config/config.ts";
import { ConfigInvalidError, readConfigFile } from "../stack/config-file.ts";
import { apiAddress } from "./api-address.ts";
import { RefusedError, runCommand, UsageError } from "./command.ts";
import { judgeEntries } from "./config-plan.ts";
import {
  configPath,
  findStage,
  readDeployed,
  STAGE_OPTIONS,
  STAGE_USAGE,
  type Stage,
  stageLine,
} from "./stage.ts";

const USAGE = `Makes a link to the list of a project's jobs. Whoever has it can read the list until it expires.

  npm run link -- --project prod [--stage S] [--days 30]
  npm run link -- --project prod --config FILE --url http://127.0.0.1:4000

With --config nothing is asked of AWS: the API's address is --url, or the file's settings.publicUrl. --days: as in
settings.linkDays, unless told. Exit status: 0, 1 when no link can be made, 2 for wrong use.

${STAGE_USAGE}
`;

async function deployedConfig(stage: Stage): Promise<Config> {
  const judged = judgeEntries((await readDeployed(stage)).entries);
  if ("faults" in judged)
    throw new ConfigInvalidError(`the config below ${configPath(stage)}`, judged.faults);
  return judged;
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError("--url must be the API's address, starting with http:// or https://");
  return text;
}

const OPTIONS = {
  ...STAGE_OPTIONS,
  project: { type: "string" },
  days: { type: "string" },
  config: { type: "string" },
  url: { type: "string" },
} as const;

await runCommand(USAGE, { options: OPTIONS }, async ({ values }) => {
  const { project, config: file } = values;
  if (project === undefined) throw new UsageError("--project is missing");
  const days = values.days === undefined ? null : Number(values.days);
  if (days !== null && !(days > 0)) throw new UsageError("--days must be a number above 0");
  const given = values.url === undefined ? undefined : readUrl(values.url);

  const stage = await findStage(values);
  // Not beside the link, which somebody may pass on by machine.
  if (file === undefined) process.stderr.write(stageLine(stage));
  const { settings, projects } =
    file === undefined ? await deployedConfig(stage) : await readConfigFile(file);
  if (!Object.hasOwn(projects, project))
    throw new RefusedError(
      `no project '${project}'; there are: ${Object.keys(projects).join(", ") || "none"}`,
    );
  const address = given ?? settings.publicUrl ?? (file === undefined ? await apiAddress(stage) : null);
  if (address === null)
    throw new RefusedError("the file does not say where the API is: give --url, or set settings.publicUrl");
  const publicUrl = address.replace(/\/+$/, "");
  const maker = { publicUrl, linkKey: settings.linkKey, linkDays: days ?? settings.linkDays };
  const url = listPageUrl(maker, project, Date.now());
  if (url === null)
    throw new RefusedError("settings.linkKey is missing (openssl rand -hex 16 makes one): no links are made");
  process.stdout.write(`${url}\n`);
  return 0;
});
