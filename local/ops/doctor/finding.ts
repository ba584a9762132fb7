import { styleText } from "node:util";
import type { WholeConfig } from "../../../lib/config/config.ts";
import { findCredentialsRemedy } from "../command.ts";

/** The result of one check by the command `doctor`. */
export interface Finding {
  /** The name of the checked item, for example `project prod`. */
  readonly item: string;
  readonly state: "ok" | "warning" | "fault";
  readonly text: string;
  /** What the operator can do about the result, as a sentence. */
  readonly remedy?: string;
  /** The name of the item that could not be checked because of this finding. */
  readonly unchecked?: string;
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

/**
 * Returns the finding about an item that could not be read because of an AWS error. If the AWS credentials are missing
 * or expired, all items get the same finding, because no item can be read.
 */
export function unreadableFinding(item: string, error: unknown, remedy: string): Finding {
  const credentialsRemedy = findCredentialsRemedy(error);
  if (credentialsRemedy === null)
    return faultFinding(item, `cannot be read (${readErrorName(error)})`, remedy);
  const finding = faultFinding(
    "AWS credentials",
    `cannot be used (${readErrorName(error)})`,
    credentialsRemedy,
  );
  return { ...finding, unchecked: item };
}

const STATE_LABELS = {
  ok: { label: "ok     ", color: "green" },
  warning: { label: "warning", color: "yellow" },
  fault: { label: "FAULT  ", color: "red" },
} as const;

/**
 * Formats the result of a check. If the result has a remedy (a sentence about what to do), the remedy is printed as the
 * second line. The state has a colour if stdout is a terminal and NO_COLOR is not set.
 */
export function formatFinding({ item, state, text, remedy }: Finding): string {
  const { label, color } = STATE_LABELS[state];
  const line = `${styleText(color, label)} ${item}: ${text}`;
  return remedy === undefined ? line : `${line}\n        ${remedy}`;
}

/**
 * Returns the error code of a Node error, or the name of an AWS error. The function does not return the error message,
 * because the error message may contain secrets.
 */
export function readErrorName(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error ? String(error.code) : error.name;
}

/** The findings about a config, and the config itself. `config` is null if the config is missing or invalid. */
export interface CheckedConfig {
  readonly findings: readonly Finding[];
  readonly config: WholeConfig | null;
}

export interface Checks {
  readonly checkConfig: () => Promise<CheckedConfig>;
  /** The checks of a valid config. */
  readonly withConfig: readonly ((config: WholeConfig) => Promise<readonly Finding[]>)[];
  /** The checks that need no valid config. */
  readonly always: readonly ((config: WholeConfig | null) => Promise<readonly Finding[]>)[];
}

/** The number of findings in each state, and the names of the items that could not be checked. */
interface Summary {
  readonly counts: Readonly<Record<Finding["state"], number>>;
  readonly unchecked: readonly string[];
}

/**
 * Runs all checks of `npm run doctor`, and reports the result of each check immediately. If several checks fail for the
 * same reason, the reason is reported and counted once.
 */
export async function runChecks(
  { checkConfig, withConfig, always }: Checks,
  report: (finding: Finding) => void,
): Promise<Summary> {
  const counts = { ok: 0, warning: 0, fault: 0 };
  const unchecked: string[] = [];
  const reasons = new Set<string>();
  const reportAll = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      const isKnown = finding.unchecked !== undefined && reasons.has(finding.text);
      if (finding.unchecked !== undefined) {
        unchecked.push(finding.unchecked);
        reasons.add(finding.text);
      }
      if (isKnown) continue;
      counts[finding.state] += 1;
      report(finding);
    }
  };
  const { findings, config } = await checkConfig();
  reportAll(findings);
  if (config !== null) for (const check of withConfig) reportAll(await check(config));
  for (const check of always) reportAll(await check(config));
  return { counts, unchecked };
}

/** Formats the last lines of the command `doctor`, such as `1 fault, 2 warnings, 9 checks ok.` */
export function formatSummary({ counts, unchecked }: Summary): string {
  const count = (number: number, name: string) => `${number} ${number === 1 ? name : `${name}s`}`;
  const faults = count(counts.fault, "fault");
  const worst = counts.fault > 0 ? "red" : counts.warning > 0 ? "yellow" : "green";
  const totals = `${faults}, ${count(counts.warning, "warning")}, ${count(counts.ok, "check")} ok.`;
  const missing = unchecked.length === 0 ? "" : `Not checked: ${unchecked.join(", ")}.\n`;
  return `${missing}${styleText(worst, totals)}`;
}
