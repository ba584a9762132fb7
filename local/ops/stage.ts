import { SSMClient } from "@aws-sdk/client-ssm";
import { readParameters } from "../../lib/runtime/ssm-config.ts";
import { UsageError } from "./command.ts";
import type { Deployed } from "./config-plan.ts";
import { readStageFile, STAGE_NAME } from "./stage-file.ts";

export const SERVICE = "cce-job-notifier";

/** A deployed stage, as a command line names it. */
export interface Stage {
  readonly stage: string;
  readonly region: string;
  /** Who said which region. */
  readonly regionOf: string;
}

/** The options every command takes that speaks to a deployed stage. */
export const STAGE_OPTIONS = {
  stage: { type: "string", default: "dev" },
  region: { type: "string" },
} as const;

/** What the commands say of these options. */
export const STAGE_USAGE = `--stage: dev, unless told. --region: that of stages/<stage>.json, else $AWS_REGION, else $AWS_DEFAULT_REGION,
else eu-central-1, as for npm run deploy.`;

const NOBODY_SAID = "eu-central-1";

/**
 * The stage of a command line, and where it is: the same places are asked as in serverless.yml, so that a command polls
 * where the deployment went. Throws `UsageError` and `StageFileError`.
 */
export async function findStage(
  { stage, region }: { readonly stage: string; readonly region?: string | undefined },
  environment: NodeJS.ProcessEnv = process.env,
  folder?: string,
): Promise<Stage> {
  if (!STAGE_NAME.test(stage)) throw new UsageError("a stage's name has letters, digits and dashes");
  const file = await readStageFile(stage, folder);
  const said = [
    { region, regionOf: "--region" },
    { region: file?.region, regionOf: `stages/${stage}.json` },
    { region: environment.AWS_REGION, regionOf: "AWS_REGION" },
    { region: environment.AWS_DEFAULT_REGION, regionOf: "AWS_DEFAULT_REGION" },
  ];
  for (const one of said)
    if (one.region !== undefined && one.region !== "")
      return { stage, region: one.region, regionOf: one.regionOf };
  return { stage, region: NOBODY_SAID, regionOf: "by default" };
}

/** The first line of a command that changes or judges a stage: so that nobody takes one for another. */
export function stageLine({ stage, region, regionOf }: Stage): string {
  return `stage ${stage}, region ${region} (${regionOf})\n`;
}

/** The SSM path a stage's config lies below. */
export function configPath({ stage }: Pick<Stage, "stage">): string {
  return `/${SERVICE}/${stage}`;
}

/** Reads every entry of a stage's config. Throws what AWS answers. */
export async function readDeployed(stage: Stage): Promise<Deployed> {
  const client = new SSMClient({ region: stage.region });
  try {
    return { entries: await readParameters(client, configPath(stage)) };
  } finally {
    client.destroy();
  }
}
