import { type Instant, type Job, JobId, type JobState } from "../domain/job.ts";
import { isJsonObject, type JsonObject, parseJsonOrUndefined, toObjectOrEmpty } from "../domain/json.ts";
import type { SecretMask } from "../domain/secret-mask.ts";
import { textInDefaultLanguage } from "../domain/text-in-default-language.ts";
import { truncate } from "../domain/truncate-text.ts";
import type { ListedJob } from "./autopilot.ts";
import { extractMessageOrJson, findMessageWithCode } from "./cce-error.ts";

/** The number of characters of a time such as `2018-08-02 08:12:40`. */
const SECONDS_END = 19;
/** Matches the part after the time: a UTC offset, a time zone, and the number that Go adds for its monotonic clock. */
const ZONE = /^(?: ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?(?: [A-Z]{1,6}| [+-]\d{2,4})?(?: m=[+-][\d.]+)?$/;

/** Most times in responses of CCE end with `USUAL_ZONE`. */
const USUAL_ZONE = " +0000 UTC";

/**
 * The maximum number of levels in a tree of subjobs. A real tree has three levels and a few dozen jobs. If a tree has
 * more than `MAX_LEVELS` levels or `MAX_JOBS` jobs, the parser omits the rest of the tree and adds a warning.
 */
const MAX_LEVELS = 256;
const MAX_JOBS = 50_000;

const MAX_PHASES_IN_WARNING = 3;
const MAX_PHASE_CHARACTERS = 40;

const STATES: Readonly<Record<string, JobState>> = {
  initializing: "pending",
  running: "pending",
  success: "succeeded",
  failed: "failed",
};

/** Facts that the parser collects while it reads a tree of subjobs. */
interface Walk {
  jobs: number;
  truncated: boolean;
  readonly unknownPhases: Set<string>;
}

const startWalk = (): Walk => ({ jobs: 0, truncated: false, unknownPhases: new Set() });

const NO_MASK: SecretMask = (text) => text;

/**
 * Parses the response of CCE to a job query, in version 3 or 2 of its API. If the response contains no job, the result
 * is null. The state of a job comes from its own phase and not from the phases of its subjobs. `warnings` explains what
 * the parser omitted or guessed. Source: https://support.huaweicloud.com/intl/en-us/api-cce/cce_02_0371.html
 * @param maskBeforeTruncating masks the secrets in texts that the function truncates
 */
export function parseJob(
  body: string,
  maskBeforeTruncating: SecretMask = NO_MASK,
): { job: Job; warnings: readonly string[] } | null {
  const document = toObjectOrEmpty(parseJsonOrUndefined(body));
  if (document.kind !== "Job") return null;
  const walk = startWalk();
  const job = readTree(document, 1, walk);
  return { job, warnings: warningsOf(job, walk, maskBeforeTruncating) };
}

/**
 * Parses one entry of the list of jobs that CCE returns. If the entry is not a job or has no valid job ID, the result
 * is null. The list of jobs has the format that CCE documents for version 2 of its API.
 */
export function parseListedJob(json: string): ListedJob | null {
  const document = toObjectOrEmpty(parseJsonOrUndefined(json));
  const { kind = null } = document;
  if (kind !== null && kind !== "Job") return null;
  const job = readTree(document, 1, startWalk());
  const jobId = JobId.safeParse(job.jobId).data;
  return jobId === undefined ? null : { ...job, jobId };
}

/**
 * Converts one JSON object of a response to a job with all subjobs. In version 2 of the API, field names are in lower
 * case, and the phase is in `status.status`. If a field has an unexpected type, the function converts it to text or
 * treats it as missing. The function uses no schema, because a schema would take three times as long for thousands of
 * subjobs.
 */
function readTree(entry: JsonObject, level: number, walk: Walk): Job {
  walk.jobs += 1;
  const metadata = toObjectOrEmpty(entry.metadata);
  const spec = toObjectOrEmpty(entry.spec);
  const status = toObjectOrEmpty(entry.status);
  const phase = textOf(status, "phase", "status");
  const state = stateOf(phase);
  if (phase !== null && state === null) walk.unknownPhases.add(phase);
  return {
    jobId: textOf(metadata, "uid"),
    type: textOf(spec, "type"),
    phase,
    state: state ?? "pending",
    reason: (textOf(status, "reason", "message") ?? otherReasonOf(status, state))?.trim() ?? null,
    clusterId: textOf(spec, "clusterUID", "clusteruid"),
    resourceId: textOf(spec, "resourceID", "resourceid"),
    resourceName: textOf(spec, "resourceName", "resourcename"),
    createdAt: timeOf(metadata, "creationTimestamp"),
    updatedAt: timeOf(metadata, "updateTimestamp") ?? timeOf(status, "completionTime"),
    subJobs: readSubJobs(spec, level, walk),
  };
}

function readSubJobs(spec: JsonObject, level: number, walk: Walk): Job[] {
  const subJobs: Job[] = [];
  for (const entry of arrayOf(spec, "subJobs") ?? arrayOf(spec, "subjobs") ?? []) {
    if (level >= MAX_LEVELS || walk.jobs >= MAX_JOBS) {
      walk.truncated = true;
      break;
    }
    if (isJsonObject(entry)) subJobs.push(readTree(entry, level + 1, walk));
  }
  return subJobs;
}

/**
 * Converts the phase of a job from CCE into a job state. If the phase is missing or unknown, the result is null.
 */
function stateOf(phase: string | null): JobState | null {
  const name = phase?.trim().toLowerCase() ?? "";
  return Object.hasOwn(STATES, name) ? (STATES[name] ?? null) : null;
}

/** Returns true if CCE documents the phase as a phase of a running job. */
export const isDocumentedRunningPhase = (phase: string | null): boolean => stateOf(phase) === "pending";

function warningsOf(job: Job, walk: Walk, mask: SecretMask): string[] {
  const warnings: string[] = [];
  if (job.phase === null) warnings.push(textInDefaultLanguage("sentence.noPhase"));
  const phases = [...walk.unknownPhases].slice(0, MAX_PHASES_IN_WARNING);
  const quoted = phases.map((phase) => `'${truncate(mask(phase), MAX_PHASE_CHARACTERS)}'`);
  if (quoted.length > 0)
    warnings.push(textInDefaultLanguage("sentence.unknownPhase", { phases: quoted.join(", ") }));
  if (job.state === "succeeded" && job.subJobs.some(hasFailedJobInTree))
    warnings.push(textInDefaultLanguage("sentence.failedSubJob"));
  if (walk.truncated)
    warnings.push(textInDefaultLanguage("sentence.truncatedTree", { jobs: MAX_JOBS, levels: MAX_LEVELS }));
  return warnings;
}

/** Returns a warning if the phase of a job is missing or unknown. */
export function describeUnknownPhase(phase: string, maskBeforeTruncating: SecretMask = NO_MASK): string {
  if (phase === "") return textInDefaultLanguage("sentence.noPhase");
  return textInDefaultLanguage("sentence.unknownPhase", {
    phases: `'${truncate(maskBeforeTruncating(phase), MAX_PHASE_CHARACTERS)}'`,
  });
}

/** Returns true if a job or one of its subjobs has failed. */
export const hasFailedJobInTree = (root: Job): boolean =>
  root.state === "failed" || root.subJobs.some(hasFailedJobInTree);

/**
 * Returns the text in the field `name`, or else the text in the field `otherName`. If both fields are empty, returns
 * null.
 */
function textOf(fields: JsonObject, name: string, otherName?: string): string | null {
  const value = fields[name];
  // The code checks for a string first, because most values are strings and a large job has a hundred thousand of them.
  const text = typeof value === "string" ? (value.trim() === "" ? null : value) : extractMessageOrJson(value);
  return text === null && otherName !== undefined ? textOf(fields, otherName) : text;
}

/** Returns the failure reason from a field that CCE does not document, such as `Reason` or `errorMessage`. */
const otherReasonOf = (status: JsonObject, state: JobState | null): string | null =>
  state === "failed" ? findMessageWithCode(status) : null;

const timeOf = (fields: JsonObject, name: string): Instant | null => parseCceTime(textOf(fields, name));

function arrayOf(fields: JsonObject, name: string): readonly unknown[] | null {
  const value = fields[name];
  return Array.isArray(value) ? value : null;
}

/**
 * Parses a time of CCE. The function ignores fractions of a millisecond. The format is RFC 3339 or the format of
 * `time.String()` in Go. CCE sends, for example, `2018-08-02 08:12:40.672772389 +0000 UTC`. If the text has another
 * format, the result is null. If the year is before 100, the result is null, because Go writes a missing time as year
 * 1. Source: https://pkg.go.dev/time#Time.String
 */
export function parseCceTime(text: string | null | undefined): Instant | null {
  const time = text?.trim() ?? "";
  if (!hasSeparators(time)) return null;
  const { milliseconds, end } = readFraction(time);
  const isUsualZone = time.length === end + USUAL_ZONE.length && time.endsWith(USUAL_ZONE);
  const zone = isUsualZone ? [] : ZONE.exec(time.slice(end));
  if (zone === null) return null;
  const [year, month, day] = [readDigits(time, 0, 4), readDigits(time, 5, 2), readDigits(time, 8, 2)];
  const [hours, minutes] = [readDigits(time, 11, 2), readDigits(time, 14, 2)];
  // A leap second counts as the previous second (RFC 3339, section 5.7).
  const isLeapSecond = time.startsWith("60", 17);
  const seconds = isLeapSecond ? 59 : readDigits(time, 17, 2);
  if (year < 100 || month < 1 || month > 12 || day < 1) return null;
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const utc = Date.UTC(year, month - 1, day, hours, minutes, seconds, milliseconds);
  // The function `Date.UTC` changes 30 February to a day in March without an error.
  if (Number.isNaN(utc) || (day > 28 && new Date(utc).getUTCDate() !== day)) return null;
  return utc - offsetMs(zone[1]);
}

/** Returns true if a text has the separators of a date and time, as in `2018-08-02 08:12:40`. */
function hasSeparators(text: string): boolean {
  const isDate = text[4] === "-" && text[7] === "-" && (text[10] === " " || text[10] === "T");
  return isDate && text[13] === ":" && text[16] === ":";
}

/**
 * Reads a number with `count` digits in a text. If one of the characters is not a digit, the result is NaN. The
 * function must be fast, because the response about a large job contains 40,000 times. A regular expression would take
 * several times as long.
 */
function readDigits(text: string, start: number, count: number): number {
  let number = 0;
  for (let at = start; at < start + count; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = 10 * number + digit;
  }
  return number;
}

/** Reads the fraction of a second, if there is one, and finds its end. */
function readFraction(text: string): { readonly milliseconds: number; readonly end: number } {
  let end = SECONDS_END;
  if (text[end] === ".")
    do end += 1;
    while (!Number.isNaN(readDigits(text, end, 1)));
  const digits = Math.min(3, end - SECONDS_END - 1);
  // A point that no digit follows does not belong to the time.
  if (digits < 1) return { milliseconds: 0, end: SECONDS_END };
  return { milliseconds: readDigits(text, SECONDS_END + 1, digits) * 10 ** (3 - digits), end };
}

function offsetMs(zone: string | undefined): number {
  const matched = /([+-])(\d{2}):?(\d{2})/.exec(zone ?? "");
  if (matched === null) return 0;
  const minutes = Number(matched[2]) * 60 + Number(matched[3]);
  return (matched[1] === "-" ? -minutes : minutes) * 60_000;
}
