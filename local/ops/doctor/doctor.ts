import type { Config } from "../../../lib/config.ts";
import type { ConfigEntry } from "../../../lib/runtime/parameters.ts";
import { judgeEntries } from "../config-plan.ts";
import { type Finding, wordFor } from "./finding.ts";

/** What the doctor examines, each part by itself. */
export interface Examinations {
  /** Reads a stage's config. Throws what AWS answers. */
  readonly readEntries: () => Promise<readonly ConfigEntry[]>;
  readonly ofConfig: readonly ((config: Config) => Promise<readonly Finding[]>)[];
  /** The address of the API, from the config if it names one. */
  readonly ofApi: (publicUrl: string | undefined) => Promise<readonly Finding[]>;
  readonly ofStage: readonly (() => Promise<readonly Finding[]>)[];
}

/** Examines a stage and tells each finding as soon as it is there; the worst of them is the answer. */
export async function examineStage(
  { readEntries, ofConfig, ofApi, ofStage }: Examinations,
  tell: (finding: Finding) => void,
): Promise<Finding["state"]> {
  let worst: Finding["state"] = "ok";
  const note = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      tell(finding);
      if (finding.state === "fault" || worst === "ok") worst = finding.state;
    }
  };
  const { findings, config } = await examineConfig(readEntries);
  note(findings);
  if (config !== null) for (const examine of ofConfig) note(await examine(config));
  note(await ofApi(config?.settings.publicUrl));
  for (const examine of ofStage) note(await examine());
  return worst;
}

async function examineConfig(
  readEntries: Examinations["readEntries"],
): Promise<{ findings: readonly Finding[]; config: Config | null }> {
  const what = "config";
  let entries: readonly ConfigEntry[];
  try {
    entries = await readEntries();
  } catch (error) {
    const words = `cannot be read (${wordFor(error)})`;
    const remedy = "You need credentials of the stage's account, with ssm:GetParametersByPath on its path.";
    return { findings: [{ what, state: "fault", words, remedy }], config: null };
  }
  const judged = judgeEntries(entries);
  const remedy = "npm run config -- put FILE stores a whole config, or names every fault in it.";
  if ("faults" in judged)
    return {
      findings: judged.faults.map((words) => ({ what, state: "fault", words, remedy })),
      config: null,
    };
  if (entries.length === 0)
    return { findings: [{ what, state: "fault", words: "there is none", remedy }], config: judged };
  return {
    findings: [{ what, state: "ok", words: `${entries.length} entries, without faults` }],
    config: judged,
  };
}
