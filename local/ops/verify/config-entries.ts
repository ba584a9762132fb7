import { SSMClient } from "@aws-sdk/client-ssm";
import type { ConfigEntry } from "../../../lib/config/assemble-config.ts";
import { splitConfigIntoEntries } from "../../stack/config-file.ts";
import { applyPlanSteps } from "../apply-plan.ts";
import { RefusedError } from "../command.ts";
import { type PlanStep, planConfigSteps } from "../config-plan.ts";
import { createToken } from "../create-token.ts";
import { readDeployedEntries } from "../deployed-config.ts";
import { configPath, type Stage } from "../deployed-stage.ts";
import { RETRY_PATH, WEBHOOK_PATH } from "./public-server.ts";

/** The config entries of a verification (a run of `npm run verify`), and the secrets in these entries. */
export interface VerifyConfig {
  readonly entries: readonly ConfigEntry[];
  readonly project: string;
  readonly projectId: string;
  readonly cceToken: string;
  /**
   * The names of two targets. The first target accepts every notification. The second target refuses only its first
   * notification.
   */
  readonly targets: readonly [string, string];
  /** The secret that signs the notifications. */
  readonly secret: string;
  /** An API token for only the project and the targets of this verification. */
  readonly token: string;
}

/**
 * Creates the temporary config entries of a verification. Each name contains a random ID, so that it differs from all
 * names in the stage's own config.
 * @param url the URL of the simulated CCE and the receiver of notifications
 * @param random a function that returns the given number of random bytes.
 */
export function createVerifyConfig(url: string, random: (bytes: number) => Buffer): VerifyConfig {
  const name = `verify-${random(6).toString("hex")}`;
  const targets = [`${name}-ok`, `${name}-retry`] as const;
  const [cceToken, projectId] = [random(24).toString("base64url"), random(16).toString("hex")];
  const secret = `whsec_${random(32).toString("base64")}`;
  const { token, entry } = createToken(random(32), {
    projects: [name],
    targets: [...targets],
    operations: ["watch", "read", "stop", "test"],
  });
  const webhook = (path: string) => ({ kind: "webhook", url: `${url}${path}`, secrets: [secret] });
  const project = {
    projectId,
    region: "verify",
    endpoint: url,
    autopilot: false,
    auth: { kind: "token", token: cceToken },
  };
  const entries = splitConfigIntoEntries({
    targets: { [targets[0]]: webhook(WEBHOOK_PATH), [targets[1]]: webhook(RETRY_PATH) },
    projects: { [name]: project },
    tokens: { [name]: entry },
  });
  return { entries, project: name, projectId, cceToken, targets, secret, token };
}

interface StoredEntries {
  /** Removes the temporary entries of the verification from the stage's config. */
  remove(): Promise<void>;
}

/**
 * Adds the verification's entries to the config of a stage. If an entry cannot be added, the function removes all
 * entries that it has added.
 * @throws RefusedError if the stage already has an entry with the same name. Throws the errors of the AWS SDK.
 */
export async function storeEntries(
  stage: Stage,
  { entries }: VerifyConfig,
  report: (line: string) => void,
): Promise<StoredEntries> {
  const client = new SSMClient({ region: stage.region, maxAttempts: 1 });
  const deployed = await readDeployedEntries(stage);
  const steps = planConfigSteps(deployed, entries, false).filter(({ kind }) => kind !== "keep");
  const clash = steps.find(({ kind }) => kind !== "add");
  if (clash !== undefined) throw new RefusedError(`the stage already has the entry ${clash.name}`);
  const ports = {
    now: Date.now,
    random: Math.random,
    wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const apply = (plan: readonly PlanStep[]) => applyPlanSteps(client, configPath(stage), plan, report, ports);
  const remove = async () => {
    const removals = steps.toReversed().map(({ name }): PlanStep => ({ name, kind: "remove", value: "" }));
    await apply(removals).finally(() => client.destroy());
  };
  await apply(steps).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return { remove };
}
