import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { REGION } from "../../framework-plugin.ts";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { readOutgoingProxyOrThrow } from "../../lib/http/outgoing-proxy.ts";
import { DEFAULT_CONCURRENCY } from "./doctor/concurrency-check.ts";
import { readScriptArguments } from "./script-arguments.ts";
import {
  alarmNamesCollide,
  CONCURRENCY,
  findStageNameFaults,
  LOG_RETENTION_DAYS,
  MAX_PROXY_BYTES,
  MAX_RUNBOOK_URL_LENGTH,
  MEMORY_MEGABYTES,
  POSITIVE,
  RESERVED_CONCURRENCY,
} from "./stage-limits.ts";

/** The folder of the stage files `<stage>.json`, which serverless.yml also reads. */
const STAGES_FOLDER = fileURLToPath(new URL("../../stages", import.meta.url));
const MAX_EMAIL_LENGTH = 254;

/** Returns the zod schema of an optional setting in a stage file. `fault` is the error message for an invalid value. */
const setting = <T>(isValid: (value: unknown) => boolean, fault: string) =>
  z.custom<T>(isValid, fault).optional();

const wholeNumber = ({ min, max }: { readonly min: number; readonly max: number }, unit = "") =>
  setting<number>(
    (value) => typeof value === "number" && Number.isInteger(value) && value >= min && value <= max,
    `must be a whole number from ${min} to ${max}${unit}`,
  );

const memory = wholeNumber(MEMORY_MEGABYTES, " (MB)");

const oneOf = <T extends string | number>(values: readonly T[], note = "") =>
  setting<T>((value) => values.includes(value as T), `must be one of ${values.join(", ")}${note}`);

const text = (isValid: (value: string) => boolean, fault: string) =>
  setting<string>((value) => typeof value === "string" && isValid(value), fault);

/**
 * The Serverless Framework would replace `${…}`, so a value with `${` is refused. A value with white space is refused,
 * because a line break would damage the description of an alarm.
 */
const isOneWord = (value: string) => /^[^\s\p{C}]+$/u.test(value) && !value.includes("${");

/**
 * Returns true if SNS accepts the email address. SNS accepts only an address with exactly one `@` and a dot in the
 * domain.
 */
const isEmail = (value: string) =>
  value.length <= MAX_EMAIL_LENGTH && !value.includes("${") && z.email().safeParse(value).success;

/**
 * Returns true if the Lambda functions can use the proxy URL. A proxy URL must not contain a password, because
 * CloudFormation and Lambda would show the password.
 */
function isProxyUrl(value: string): boolean {
  try {
    return (
      value === "" ||
      (isOneWord(value) && readOutgoingProxyOrThrow({ HTTPS_PROXY: value })?.authorization === null)
    );
  } catch {
    return false;
  }
}

const RETENTION_NOTE = ". CloudWatch Logs knows only these numbers of days";

/**
 * The content of a stage file: the AWS region of a stage, and the parameters of serverless.yml. All fields of the stage
 * file are optional.
 */
export const StageFile = z
  .strictObject({
    region: text((value) => REGION.test(value), "must be the code of an AWS region, such as eu-central-1"),
    alarmEmail: text(
      (value) => value === "" || isEmail(value),
      "must be an email address such as oncall@example.com, or an empty string for no email",
    ),
    runbookUrl: text(
      (value) => isOneWord(value) && value.length <= MAX_RUNBOOK_URL_LENGTH,
      `must be a URL or a path without spaces and without \${, with at most ${MAX_RUNBOOK_URL_LENGTH} characters. The ` +
        "description of each alarm contains it, and AWS allows 1024 characters there",
    ),
    pollConcurrency: wholeNumber(CONCURRENCY),
    notifyConcurrency: wholeNumber(CONCURRENCY),
    pollReservedConcurrency: wholeNumber(RESERVED_CONCURRENCY),
    notifyReservedConcurrency: wholeNumber(RESERVED_CONCURRENCY),
    apiRatePerSecond: wholeNumber(POSITIVE),
    apiBurst: wholeNumber(POSITIVE),
    runawayPollsPerHour: wholeNumber(POSITIVE),
    memoryMegabytes: memory,
    enqueueMemoryMegabytes: memory,
    pollMemoryMegabytes: memory,
    notifyMemoryMegabytes: memory,
    apiMemoryMegabytes: memory,
    sweepMemoryMegabytes: memory,
    discoverMemoryMegabytes: memory,
    auditMemoryMegabytes: memory,
    trailMemoryMegabytes: memory,
    logRetentionDays: oneOf(LOG_RETENTION_DAYS, RETENTION_NOTE),
    accessLogRetentionDays: oneOf(LOG_RETENTION_DAYS, RETENTION_NOTE),
    actRetentionDays: oneOf(LOG_RETENTION_DAYS, RETENTION_NOTE),
    logLevel: oneOf(["DEBUG", "INFO", "WARN", "ERROR"]),
    httpsProxy: text(
      isProxyUrl,
      "must be the URL of an HTTP proxy, such as http://proxy.example.com:3128, or an empty string for no proxy",
    ),
    noProxy: text(
      (value) => value === "" || isOneWord(value),
      "must be hosts, separated by commas without spaces",
    ),
    ledgerOnRemoval: oneOf(["Retain", "Delete"]),
  })
  .superRefine((file, { addIssue }) => {
    const proxyBytes = Buffer.byteLength(`${file.httpsProxy ?? ""}${file.noProxy ?? ""}`);
    if (proxyBytes > MAX_PROXY_BYTES)
      addIssue({
        code: "custom",
        path: ["noProxy"],
        message: `must be shorter: httpsProxy and noProxy have ${proxyBytes} bytes, and ${MAX_PROXY_BYTES} are allowed. Lambda limits the environment variables of a function`,
      });
    for (const name of ["poll", "notify"] as const) {
      const reserved = file[`${name}ReservedConcurrency`] ?? 0;
      const used = file[`${name}Concurrency`] ?? DEFAULT_CONCURRENCY;
      if (reserved > 0 && reserved < used)
        addIssue({
          code: "custom",
          path: [`${name}ReservedConcurrency`],
          message: `must be 0 or at least ${name}Concurrency, which is ${used}. Lambda would throttle the function`,
        });
    }
  });
export type StageFile = z.infer<typeof StageFile>;

/** A `StageFileError` lists every error in the stage file. */
export class StageFileError extends Error {
  override name = "StageFileError";

  constructor(file: string, faults: readonly string[]) {
    super(`${file} is invalid:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
  }
}

/**
 * Reads and checks a stage file, or returns null if the file does not exist.
 * @throws StageFileError
 */
export async function readStageFile(stage: string, folder = STAGES_FOLDER): Promise<StageFile | null> {
  const file = `stages/${stage}.json`;
  const content = await readFile(join(folder, `${stage}.json`), "utf8").catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    },
  );
  if (content === null) return null;
  const nameFaults = findStageNameFaults(stage).map((fault) => `file name: ${fault}`);
  const document = parseJsonOrUndefined(content);
  if (document === undefined)
    throw new StageFileError(file, [...nameFaults, "must be JSON. Check its quotes, commas and braces"]);
  const parsed = StageFile.safeParse(document);
  if (parsed.success && nameFaults.length === 0) return parsed.data;
  throw new StageFileError(file, [...nameFaults, ...(parsed.error?.issues ?? []).flatMap(describeIssue)]);
}

/** Returns one text for each error in a zod issue. */
function describeIssue(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(StageFile.shape).join(", ");
    return issue.keys.map((key) => `unknown setting ${JSON.stringify(key)}. Settings: ${known}`);
  }
  if (issue.path.length === 0) return ["must be a JSON object"];
  return [`${issue.path.join(".")}: ${issue.message}`];
}

/**
 * Checks all stage files in a folder. Returns one error text for each invalid file, and for each pair of stages whose
 * alarms would have the same name.
 */
export async function checkStageFiles(folder = STAGES_FOLDER): Promise<readonly string[]> {
  const suffix = ".json";
  const stages = (await readdir(folder))
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length))
    .sort();
  const faults: string[] = [];
  const regions = new Map<string, string | undefined>();
  for (const stage of stages)
    try {
      regions.set(stage, (await readStageFile(stage, folder))?.region);
    } catch (error) {
      if (!(error instanceof StageFileError)) throw error;
      faults.push(error.message);
    }
  for (const [index, stage] of stages.entries())
    for (const other of stages.slice(index + 1))
      if (alarmNamesCollide(stage, other) && regions.get(stage) === regions.get(other))
        faults.push(
          `stages/${stage}.json and stages/${other}.json: the two stages would have alarms with the same name in one ` +
            `region. Rename the stage ${other}.`,
        );
  return faults;
}

// The Serverless Framework ignores misspelled parameters, so the stage files are checked before a deployment.
if (import.meta.main) {
  readScriptArguments(
    `Checks every file in stages/, which contains the settings of a stage. Prints
each fault.

  npm run stages

Exit status: 0, 1 if a file has a fault, 2 for wrong use. docs/deploy.md
describes the settings.
`,
    {},
  );
  for (const fault of await checkStageFiles()) {
    process.stderr.write(`${fault}\n`);
    process.exitCode = 1;
  }
}
