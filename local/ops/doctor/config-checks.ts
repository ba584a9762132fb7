import type { ConfigEntry } from "../../../lib/config/assemble-config.ts";
import type { WholeConfig } from "../../../lib/config/config.ts";
import { ConfigFileInvalidError, readConfigDocument, readWholeConfigFile } from "../../stack/config-file.ts";
import { findAwsRemedy } from "../command.ts";
import { parseEntries } from "../deployed-config.ts";
import { findIneffectiveHosts } from "../ineffective-entries.ts";
import { findDocumentParameterFaults } from "../parameter-limits.ts";
import { type CheckedConfig, type Finding, faultFinding, okFinding, unreadableFinding } from "./finding.ts";

const ITEM = "config";
const STORE_CONFIG = "Store a complete config: npm run config -- put FILE. The command lists every fault.";

/** Checks the config of a deployed stage. If the config cannot be read from AWS, the check reports this error. */
export async function checkDeployedConfig(
  readEntries: () => Promise<readonly ConfigEntry[]>,
): Promise<CheckedConfig> {
  let entries: readonly ConfigEntry[];
  try {
    entries = await readEntries();
  } catch (error) {
    const remedy =
      findAwsRemedy(error) ??
      "Use credentials of the stage's account with ssm:GetParametersByPath on the config's path.";
    return { findings: [unreadableFinding(ITEM, error, remedy)], config: null };
  }
  const parsed = parseEntries(entries);
  if (parsed.kind === "faults") return { findings: faults(parsed.faults, STORE_CONFIG), config: null };
  const { config } = parsed;
  if (entries.length === 0) return { findings: [faultFinding(ITEM, "is missing", STORE_CONFIG)], config };
  return { findings: [okFinding(ITEM, `valid, ${entries.length} entries`), ...ineffective(config)], config };
}

/**
 * Checks a config file before its deployment to a stage.
 * @param path the path in Parameter Store where the config will be stored. `path` is null for the one-node edition,
 * which does not use Parameter Store.
 */
export async function checkConfigFile(file: string, path: string | null): Promise<CheckedConfig> {
  try {
    const config = await readWholeConfigFile(file);
    const unstorable =
      path === null
        ? []
        : faults(findDocumentParameterFaults(await readConfigDocument(file), path), "Fix the file.");
    return { findings: [okFinding(ITEM, `${file} is valid`), ...ineffective(config), ...unstorable], config };
  } catch (error) {
    if (!(error instanceof ConfigFileInvalidError)) throw error;
    return { findings: faults(error.faults, "Fix the file."), config: null };
  }
}

const faults = (texts: readonly string[], remedy: string): readonly Finding[] =>
  texts.map((text) => faultFinding(ITEM, text, remedy));
const ineffective = ({ settings }: WholeConfig): readonly Finding[] =>
  faults(findIneffectiveHosts(settings), "Fix or remove the entry. It has no effect now.");
