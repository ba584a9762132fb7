import { SSMClient } from "@aws-sdk/client-ssm";
import { readParameters } from "../../lib/runtime/parameters.ts";
import type { Deployed } from "./config-plan.ts";

export const SERVICE = "cce-job-notifier";

/** A deployed stage, as a command line names it. */
export interface Stage {
  readonly stage: string;
  readonly region: string;
}

/** The options every command takes that speaks to a deployed stage; the defaults are those of `npm run deploy`. */
export const STAGE_OPTIONS = {
  stage: { type: "string", default: "dev" },
  region: { type: "string", default: process.env.AWS_REGION ?? "eu-central-1" },
  help: { type: "boolean", short: "h", default: false },
} as const;

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
