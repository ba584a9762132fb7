import type { Config } from "../../../lib/config/config.ts";

/** The result of one check. */
export interface Finding {
  /** What was checked, such as `project prod`. */
  readonly item: string;
  readonly state: "ok" | "warning" | "fault";
  readonly text: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export const ok = (item: string, text: string): Finding => ({ item, state: "ok", text });
export const warning = (item: string, text: string, remedy?: string): Finding => ({
  item,
  state: "warning",
  text,
  ...(remedy !== undefined && { remedy }),
});
export const fault = (item: string, text: string, remedy?: string): Finding => ({
  item,
  state: "fault",
  text,
  ...(remedy !== undefined && { remedy }),
});

const STATE_LABELS = { ok: "ok     ", warning: "warning", fault: "FAULT  " } as const;

/** Formats a finding: one line, and a second line with the remedy. */
export function formatFinding({ item, state, text, remedy }: Finding): string {
  const line = `${STATE_LABELS[state]} ${item}: ${text}`;
  return remedy === undefined ? line : `${line}\n        ${remedy}`;
}

/** Returns Node's error code or AWS's error name. The message is not shown, because it may contain secrets. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error ? String(error.code) : error.name;
}

/** The findings about a config. The config is null when it cannot be used. */
export interface CheckedConfig {
  readonly findings: readonly Finding[];
  readonly config: Config | null;
}

export interface Checks {
  readonly checkConfig: () => Promise<CheckedConfig>;
  /** These checks run only with a usable config. */
  readonly withConfig: readonly ((config: Config) => Promise<readonly Finding[]>)[];
  /** These checks always run. */
  readonly always: readonly ((config: Config | null) => Promise<readonly Finding[]>)[];
}

/** Runs all checks and reports each finding at once. Returns the worst state. */
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
