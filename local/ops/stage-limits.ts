/**
 * Limits that AWS sets to the settings of a stage. AWS checks them late: in the middle of a deployment. test/template
 * compares the names below with the compiled template.
 */

export const SERVICE = "cce-job-notifier";

/** The names of the alarms of a stage, after `cce-job-notifier-<stage>-`. Each has a section in docs/runbook.md. */
export const ALARM_NAMES = [
  "api-errors",
  "audit-not-running",
  "config-invalid",
  "dead-letters",
  "delivery-failures",
  "errors",
  "loop-stopped",
  "notify-dead-letters",
  "notify-queue-full",
  "notify-queue-stuck",
  "orphaned-jobs",
  "overdue",
  "poll-dead-letters",
  "poll-queue-stuck",
  "polls-failing",
  "records-failed",
  "runaway-polls",
  "sweep-failures",
  "sweep-not-running",
  "target-gone",
  "throttles",
] as const;

/** The longest name of each kind, after `cce-job-notifier-<stage>-`, and the most characters that AWS allows. */
export const LONGEST_NAMES = {
  function: { name: "enqueue", maxLength: 64 },
  queue: { name: "notify-dead", maxLength: 80 },
  alarm: { name: "notify-dead-letters", maxLength: 255 },
} as const;

/** The framework allows these characters. CloudFormation allows them in the name of a stack. */
const STAGE_CHARACTERS = /^[a-zA-Z0-9-]+$/;

/** The most characters of a stage's name: 39. CloudFormation itself shortens the names of roles. */
export const MAX_STAGE_LENGTH = Math.min(
  ...Object.values(LONGEST_NAMES).map(({ name, maxLength }) => maxLength - `${SERVICE}--${name}`.length),
);

/** Returns what is wrong with the name of a stage, one sentence per fault. */
export function findStageNameFaults(stage: string): readonly string[] {
  const faults: string[] = [];
  if (!STAGE_CHARACTERS.test(stage)) faults.push("a stage name consists of letters, digits and hyphens");
  else if (stage.startsWith("-")) faults.push("a stage name must not begin with a hyphen");
  if (stage.length > MAX_STAGE_LENGTH)
    faults.push(
      `a stage name has at most ${MAX_STAGE_LENGTH} characters, and this one has ${stage.length}. With a longer name, ` +
        `the name of the function ${LONGEST_NAMES.function.name} would exceed Lambda's ` +
        `${LONGEST_NAMES.function.maxLength} characters. Choose a shorter name`,
    );
  return faults;
}

/**
 * Returns true when two stages would have alarms of the same name. Example: the alarm `errors` of the stage `prod-api` and
 * the alarm `api-errors` of the stage `prod`.
 */
export function alarmNamesCollide(stage: string, other: string): boolean {
  const names = (one: string) => ALARM_NAMES.map((name) => `${one}-${name}`);
  const others = new Set(names(other));
  return stage !== other && names(stage).some((name) => others.has(name));
}

/** The characters of the longest alarm description without the URL of the runbook. AWS allows 1,024 in all. */
export const LONGEST_ALARM_TEXT = 98;
const MAX_ALARM_DESCRIPTION = 1024;
export const MAX_RUNBOOK_URL_LENGTH = MAX_ALARM_DESCRIPTION - LONGEST_ALARM_TEXT;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const LOG_RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
export const CONCURRENCY = { min: 2, max: 1000 } as const;
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const MEMORY_MEGABYTES = { min: 128, max: 10_240 } as const;
/** API Gateway stores the burst as a 32-bit integer. */
export const POSITIVE = { min: 1, max: 2_147_483_647 } as const;
