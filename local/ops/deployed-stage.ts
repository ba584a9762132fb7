import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { UsageError } from "./command.ts";
import { findStageNameFaults, SERVICE } from "./stage-limits.ts";
import { readStageFile } from "./stages.ts";

const DEFAULT_REGION = "eu-central-1";

/** A deployed stage of the service, such as `prod`. */
export interface Stage {
  readonly stage: string;
  readonly region: string;
  /** The option, file or environment variable that contains the AWS region. */
  readonly regionSource: string;
}

/** The command-line options that every command for a deployed stage has. */
export const STAGE_OPTIONS = {
  stage: { type: "string", default: "dev" },
  region: { type: "string" },
} as const;

/** The usage text for the command-line options `--stage` and `--region`. */
export const STAGE_USAGE = `--stage   the default is dev
--region  the default is the region in stages/<stage>.json, then $AWS_REGION,
          then $AWS_DEFAULT_REGION, then eu-central-1
npm run deploy uses the same defaults.`;

/**
 * Returns the stage and the AWS region on which a command works. Without the option `--region`, the AWS region is
 * chosen in the same way as in serverless.yml.
 * @throws UsageError, StageFileError
 */
export async function resolveStage(
  { stage, region }: { readonly stage: string; readonly region?: string | undefined },
  environment: NodeJS.ProcessEnv = process.env,
  folder?: string,
): Promise<Stage> {
  const [fault] = findStageNameFaults(stage);
  if (fault !== undefined) throw new UsageError(fault);
  const file = await readStageFile(stage, folder);
  const candidates = [
    { region, regionSource: "--region" },
    { region: file?.region, regionSource: `stages/${stage}.json` },
    { region: environment.AWS_REGION, regionSource: "AWS_REGION" },
    { region: environment.AWS_DEFAULT_REGION, regionSource: "AWS_DEFAULT_REGION" },
  ];
  for (const candidate of candidates)
    if (candidate.region) return { stage, region: candidate.region, regionSource: candidate.regionSource };
  return { stage, region: DEFAULT_REGION, regionSource: "default" };
}

/**
 * Returns an output line with the stage's name and the AWS region. Each command prints the line about the stage before
 * it reads or changes a stage.
 */
export function formatStageLine({ stage, region, regionSource }: Stage): string {
  return `stage ${stage}, region ${region} (${regionSource})\n`;
}

/** Returns the path in Parameter Store (SSM) under which a stage's config is stored. */
export function configPath({ stage }: Pick<Stage, "stage">): string {
  return `/${SERVICE}/${stage}`;
}

/**
 * Reads the URL of a stage's HTTP API from the outputs of the stage's CloudFormation stack.
 * @throws Error if the CloudFormation stack has no HTTP API. Errors of AWS are also thrown.
 */
export async function readApiUrl({ stage, region }: Stage): Promise<string> {
  const client = new CloudFormationClient({ region });
  const { Stacks = [] } = await client
    .send(new DescribeStacksCommand({ StackName: `${SERVICE}-${stage}` }))
    .finally(() => client.destroy());
  const url = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === "HttpApiUrl")?.OutputValue;
  if (url === undefined) throw new Error(`the stack ${SERVICE}-${stage} has no HTTP API`);
  return url;
}
