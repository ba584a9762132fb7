/**
 * AWS limits for the settings of a stage. AWS itself checks the limits only during a deployment. A test in
 * test/template compares the resource names in this file with the compiled CloudFormation template.
 */

export const SERVICE = "cce-job-notifier";

/**
 * The names of a stage's alarms without the prefix `cce-job-notifier-<stage>-`. Each alarm has a section in
 * docs/runbook.md.
 */
export const ALARM_NAMES = [
  "api-errors",
  "audit-not-running",
  "config-faults",
  "delivery-failures",
  "errors",
  "given-up",
  "late-notifications",
  "loop-stopped",
  "notify-dead-letters",
  "notify-queue-full",
  "orphaned-jobs",
  "overdue",
  "polls-failing",
  "runaway-polls",
  "sweep-not-running",
] as const;

/**
 * For each kind of AWS resource, the longest name of the service without the prefix `cce-job-notifier-<stage>-`.
 * `maxLength` is the maximum number of characters of the complete name on AWS.
 */
export const LONGEST_NAMES = {
  function: { name: "discover", maxLength: 64 },
  queue: { name: "notify-dead", maxLength: 80 },
  alarm: { name: "notify-dead-letters", maxLength: 255 },
} as const;

/** The characters that the Serverless Framework allows in a stage's name. */
const STAGE_CHARACTERS = /^[a-zA-Z0-9-]+$/;

/**
 * The maximum length of a stage's name is 38 characters. `LONGEST_NAMES` contains no IAM roles, because CloudFormation
 * shortens the names of IAM roles.
 */
export const MAX_STAGE_LENGTH = Math.min(
  ...Object.values(LONGEST_NAMES).map(({ name, maxLength }) => maxLength - `${SERVICE}--${name}`.length),
);

/** Returns one sentence for each reason why the name of a stage is invalid. */
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
 * Returns true if two stages would have alarms with the same name. For example, `prod-api-errors` is the name of two
 * alarms: `errors` of `prod-api`, and `api-errors` of `prod`.
 */
export function alarmNamesCollide(stage: string, other: string): boolean {
  const names = (one: string) => ALARM_NAMES.map((name) => `${one}-${name}`);
  const others = new Set(names(other));
  return stage !== other && names(stage).some((name) => others.has(name));
}

/**
 * The length of the longest alarm description, without the URL of the runbook. A complete alarm description, which
 * includes this URL, may have at most 1,024 characters.
 */
export const LONGEST_ALARM_TEXT = 98;
const MAX_ALARM_DESCRIPTION = 1024;
export const MAX_RUNBOOK_URL_LENGTH = MAX_ALARM_DESCRIPTION - LONGEST_ALARM_TEXT;

/**
 * The numbers of days that CloudWatch Logs can store log entries. Source:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
export const LOG_RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/**
 * The values that Lambda allows for the maximum concurrency of an SQS event source.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export const CONCURRENCY = { min: 2, max: 1000 } as const;
/**
 * The allowed numbers of concurrent executions that a stage can reserve for a function. The value 0 means that no
 * executions are reserved. The reserved executions must not be more than the account's quota allows.
 */
export const RESERVED_CONCURRENCY = { min: 0, max: 10_000 } as const;
/**
 * The memory sizes that Lambda allows for a function.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
export const MEMORY_MEGABYTES = { min: 128, max: 10_240 } as const;
/** The allowed values of a setting that must be positive. API Gateway stores the burst limit as a 32-bit integer. */
export const POSITIVE = { min: 1, max: 2_147_483_647 } as const;

/**
 * The maximum total size of the proxy settings, in bytes. Lambda allows 4,096 bytes for all environment variables of a
 * function. All other environment variables of a function need less than 2,000 bytes. Source:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_PROXY_BYTES = 2000;
