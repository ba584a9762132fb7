import type { ConfigEntry } from "../../../lib/config/assemble-config.ts";
import type { Config } from "../../../lib/config/config.ts";
import { ConfigInvalidError, readConfigFile } from "../../stack/config-file.ts";
import { awsRemedy } from "../aws-remedy.ts";
import { judgeEntries } from "../config-plan.ts";
import { hostFaults } from "../ineffective-entries.ts";
import { type Finding, wordFor } from "./finding.ts";

/** A config, null while it cannot be used, and what was found of it. */
export interface ExaminedConfig {
  readonly findings: readonly Finding[];
  readonly config: Config | null;
}

const what = "config";
const MEND = "npm run config -- put FILE stores a whole config, or names every fault in it.";

/** Examines the config of a stage. `readEntries` throws what AWS answers. */
export async function examineEntries(
  readEntries: () => Promise<readonly ConfigEntry[]>,
): Promise<ExaminedConfig> {
  let entries: readonly ConfigEntry[];
  try {
    entries = await readEntries();
  } catch (error) {
    const remedy =
      awsRemedy(error) ??
      "You need credentials of the stage's account, with ssm:GetParametersByPath on its path.";
    const words = `cannot be read (${wordFor(error)})`;
    return { findings: [{ what, state: "fault", words, remedy }], config: null };
  }
  const judged = judgeEntries(entries);
  if ("faults" in judged) return { findings: faults(judged.faults, MEND), config: null };
  if (entries.length === 0)
    return { findings: [{ what, state: "fault", words: "there is none", remedy: MEND }], config: judged };
  return { findings: [well(`${entries.length} entries`), ...inVain(judged)], config: judged };
}

/** Examines a config file before it is anybody's. */
export async function examineFile(file: string): Promise<ExaminedConfig> {
  try {
    const config = await readConfigFile(file);
    return { findings: [well(file), ...inVain(config)], config };
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    return { findings: faults(error.faults, "Mend the file."), config: null };
  }
}

const well = (of: string): Finding => ({ what, state: "ok", words: `${of}, without faults` });
const faults = (all: readonly string[], remedy: string): readonly Finding[] =>
  all.map((words) => ({ what, state: "fault", words, remedy }));
const inVain = (config: Config): readonly Finding[] =>
  faults(hostFaults(config), "Mend the entry, or take it out: as it is it does nothing.");
