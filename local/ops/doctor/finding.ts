import type { Config } from "../../../lib/config/config.ts";

/** The result of one check. */
export interface Finding {
  /** The name of the checked item, such as `project prod`. */
  readonly item: string;
  readonly state: "ok" | "warning" | "fault";
  readonly text: string;
  /** A sentence that says what to do about the finding. */
  readonly remedy?: string;
}

export const okFinding = (item: string, text: string): Finding => ({ item, state: "ok", text });
export const warningFinding = (item: string, text: string, remedy?: string): Finding => ({
  item,
  state: "warning",
  text,
  ...(remedy !== undefined && { remedy }),
});
export const faultFinding = (item: string, text: string, remedy?: string): Finding => ({
  item,
  state: "fault",
  text,
  ...(remedy !== undefined && { remedy }),
});

const STATE_LABELS = { ok: "ok     ", warning: "warning", fault: "FAULT  " } as const;

/** Formats a finding as one line. A finding with a remedy gets a second line for the remedy. */
export function formatFinding({ item, state, text, remedy }: Finding): string {
  const line = `${STATE_LABELS[state]} ${item}: ${text}`;
  return remedy === undefined ? line : `${line}\n        ${remedy}`;
}

/**
 * Returns Node's error code or AWS's error name. The result does not contain the error message, because the message
 * may contain secrets.
 */
export function readErrorName(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error ? String(error.code) : error.name;
}

/** The findings about a config, and the config itself. The field `config` is null if the config cannot be used. */
export interface CheckedConfig {
  readonly findings: readonly Finding[];
  readonly config: Config | null;
}

export interface Checks {
  readonly checkConfig: () => Promise<CheckedConfig>;
  /** The checks that run only with a usable config. */
  readonly withConfig: readonly ((config: Config) => Promise<readonly Finding[]>)[];
  /** The checks that always run, even without a usable config. */
  readonly always: readonly ((config: Config | null) => Promise<readonly Finding[]>)[];
}

/** Runs all checks and reports each finding immediately. Returns the worst state of all findings. */
export async function runChecks(
  { checkConfig, withConfig, always }: Checks,
  report: (finding: Finding) => void,
): Promise<Finding["state"]> {
  let worst: Finding["state"] = "ok";
  const reportAll = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      report(finding);
      if (finding.state === "fault" || worst === "ok") worst = finding.state;
    }
  };
  const { findings, config } = await checkConfig();
  reportAll(findings);
  if (config !== null) for (const check of withConfig) reportAll(await check(config));
  for (const check of always) reportAll(await check(config));
  return worst;
}
