import { SSMClient } from "@aws-sdk/client-ssm";
import { assembleConfigDocumentOrListFaults, type ConfigEntry } from "../../lib/config/assemble-config.ts";
import type { ParsedConfig, WholeConfig } from "../../lib/config/config.ts";
import { parseWholeConfig } from "../../lib/config/parse-whole-config.ts";
import { readSsmParameters } from "../../lib/runtime/ssm-config.ts";
import { configPath, type Stage } from "./deployed-stage.ts";

/**
 * Reads every entry of a stage's config from Parameter Store.
 * @throws the errors of the AWS SDK.
 */
export async function readDeployedEntries(stage: Stage): Promise<readonly ConfigEntry[]> {
  const client = new SSMClient({ region: stage.region });
  return readSsmParameters(client, configPath(stage)).finally(() => client.destroy());
}

/** Joins config entries to one config, and checks the config. Returns the config, or all errors in the config. */
export function parseEntries(entries: readonly ConfigEntry[]): ParsedConfig {
  const assembled = assembleConfigDocumentOrListFaults(entries);
  return assembled.kind === "faults" ? assembled : parseWholeConfig(assembled.document);
}

/**
 * The number of characters of a token's hash that the command shows. Eight characters of the hash are enough to
 * distinguish tokens.
 */
const SHOWN_HASH_LENGTH = 8;

/**
 * Formats a config as JSON without secrets. Each secret in the config is replaced by `<secret>`, and each hash of a
 * token is shortened.
 */
export function formatConfigWithoutSecrets(config: WholeConfig): string {
  const shorten = (hash: unknown) => `${String(hash).slice(0, SHOWN_HASH_LENGTH)}…`;
  return JSON.stringify(
    config,
    (key, value: unknown) => {
      if (key !== "sha256") return value;
      return Array.isArray(value) ? value.map(shorten) : shorten(value);
    },
    2,
  );
}
