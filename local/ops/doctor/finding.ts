import type { WholeConfig } from "../../../lib/config/config.ts";

/** The result of one check of `npm run doctor`. */
export interface Finding {
  /** The name of what was checked, for example `project prod`. */
  readonly item: string;
  readonly state: "ok" | "warning" | "fault";
  readonly text: string;
  /** A sentence that says what the operator can do about the result of the check. */
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

/**
 * Formats the result of a check as one line. If the result has a remedy (a sentence that says what to do), the remedy
 * is in a second line.
 */
export function formatFinding({ item, state, text, remedy }: Finding): string {
  const line = `${STATE_LABELS[state]} ${item}: ${text}`;
  return remedy === undefined ? line : `${line}\n        ${remedy}`;
}

/**
 * Returns the error code of a Node error, or the name of an AWS error. The error message is not returned, because it
 * may contain secrets.
 */
export function readErrorName(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error ? String(error.code) : error.name;
}

/**
 * The results of the checks of a config, and the config itself. The field `config` is null if the config is missing or
 * invalid.
 */
export interface CheckedConfig {
  readonly findings: readonly Finding[];
  readonly config: WholeConfig | null;
}

export interface Checks {
  readonly checkConfig: () => Promise<CheckedConfig>;
  /** The checks that run only if the config is valid. */
  readonly withConfig: readonly ((config: WholeConfig) => Promise<readonly Finding[]>)[];
  /** The checks that run even if the config is missing or invalid. */
  readonly always: readonly ((config: WholeConfig | null) => Promise<readonly Finding[]>)[];
}

/**
 * Runs all checks of `npm run doctor`, and reports the result of each check immediately. Returns the worst state in
 * these results.
 */
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
