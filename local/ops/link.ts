import { createSignedJobListUrlOrNull, createSignedPageLinkOptions } from "../../lib/auth/link-keys.ts";
import type { WholeConfig } from "../../lib/config/config.ts";
import { ConfigFileInvalidError, readWholeConfigFile } from "../stack/config-file.ts";
import { RefusedError, runCommand, UsageError } from "./command.ts";
import { parseEntries, readDeployedEntries } from "./deployed-config.ts";
import {
  configPath,
  formatStageLine,
  readApiUrl,
  resolveStage,
  STAGE_OPTIONS,
  STAGE_USAGE,
  type Stage,
} from "./deployed-stage.ts";

const USAGE = `Creates a link to the list of a project's jobs. Anyone with the link can read
the list until it expires.

  cce-notifier link --project prod --config FILE
      [--url http://127.0.0.1:8080] [--days 30]
  npm run link -- --project prod [--stage S] [--days 30]
  npm run link -- --project prod --config FILE --url http://127.0.0.1:4000

With --config the command does not use AWS. Then the API's address is --url, or
settings.publicUrl of the file. The default of --days is settings.linkDays,
which is also the maximum.
Exit status: 0, 1 when no link can be created, 2 for wrong use.

${STAGE_USAGE}
`;

async function readDeployedConfig(stage: Stage): Promise<WholeConfig> {
  const parsed = parseEntries(await readDeployedEntries(stage));
  if (parsed.kind === "faults")
    throw new ConfigFileInvalidError(`the config below ${configPath(stage)}`, parsed.faults);
  return parsed.config;
}

function checkApiUrl(text: string): string {
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
  const givenUrl = values.url === undefined ? undefined : checkApiUrl(values.url);

  const stage = await resolveStage(values);
  // The line about the stage goes to stderr, so that another program can read the link on stdout.
  if (file === undefined) process.stderr.write(formatStageLine(stage));
  const config = file === undefined ? await readDeployedConfig(stage) : await readWholeConfigFile(file);
  const { settings, projects } = config;
  if (!Object.hasOwn(projects, project))
    throw new RefusedError(
      `unknown project '${project}'. Projects: ${Object.keys(projects).join(", ") || "none"}`,
    );
  const address = givenUrl ?? settings.publicUrl ?? (file === undefined ? await readApiUrl(stage) : null);
  if (address === null)
    throw new RefusedError(
      "the API's address is unknown. Give --url, or set settings.publicUrl in the config file",
    );
  const publicUrl = address.replace(/\/+$/, "");
  if (days !== null && days > settings.linkDays)
    throw new UsageError(`--days must be at most ${settings.linkDays}, the value of settings.linkDays`);
  const links = { ...createSignedPageLinkOptions(config, publicUrl), publicUrl };
  const url = createSignedJobListUrlOrNull(
    days === null ? links : { ...links, linkDays: days },
    project,
    Date.now(),
  );
  if (url === null)
    throw new RefusedError("settings.linkKeys is missing. Create a key: openssl rand -hex 32");
  process.stdout.write(`${url}\n`);
  return 0;
});
