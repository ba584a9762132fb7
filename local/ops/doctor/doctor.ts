import type { Config } from "../../../lib/config/config.ts";
import type { ExaminedConfig } from "./config.ts";
import type { Finding } from "./finding.ts";

/** What the doctor examines, each part by itself. */
export interface Examinations {
  readonly config: () => Promise<ExaminedConfig>;
  readonly ofConfig: readonly ((config: Config) => Promise<readonly Finding[]>)[];
  /** What can be examined whatever has become of the config. */
  readonly ofStage: readonly ((config: Config | null) => Promise<readonly Finding[]>)[];
}

/** Makes all examinations and tells each finding as soon as it is there; the worst of them is the answer. */
export async function examine(
  { config: examineConfig, ofConfig, ofStage }: Examinations,
  tell: (finding: Finding) => void,
): Promise<Finding["state"]> {
  let worst: Finding["state"] = "ok";
  const note = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      tell(finding);
      if (finding.state === "fault" || worst === "ok") worst = finding.state;
    }
  };
  const { findings, config } = await examineConfig();
  note(findings);
  if (config !== null) for (const part of ofConfig) note(await part(config));
  for (const part of ofStage) note(await part(config));
  return worst;
}
