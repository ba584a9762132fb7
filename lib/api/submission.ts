import * as z from "zod/mini";
import { MAX_DEADLINE_MINUTES } from "../config/settings.ts";
import { Context } from "../domain/context-and-labels.ts";
import { describeMalformedJobId, JOB_ID_KEYWORDS } from "../domain/job.ts";
import { Name } from "../domain/names.ts";
import { Operation } from "../domain/operation.ts";
import { ReadyMinutes, Until } from "../domain/ready.ts";
import {
  limitedTextSchema,
  listSchema,
  numberSchema,
  registerKeywords,
  withDescription,
} from "../domain/zod-fields.ts";

/** The maximum number of jobs in one request. Ten SQS batches can contain the messages of 100 jobs. */
export const MAX_JOBS = 100;
/**
 * The maximum number of targets in one request. An operator can set a lower limit with the setting `targetsPerWatch`.
 */
export const MAX_NOTIFY = 50;

const JOB_ID_TEXT =
  "A job ID has 1 to 128 letters, digits, '.', '_', ':' or '-'. The first character is a letter or a digit.";

/**
 * In `jobIds`, the schema allows any string, because a malformed job ID must not make the whole request fail. The
 * OpenAPI document still contains the rules for a job ID, because a request with only malformed job IDs fails.
 */
const SubmittedJobId = () =>
  z.string({ error: ({ input }) => (input === null ? describeMalformedJobId("null") : undefined) });
const OnlyJobId = registerKeywords(SubmittedJobId(), {
  description: JOB_ID_TEXT,
  ...JOB_ID_KEYWORDS,
});
const ListedJobId = registerKeywords(SubmittedJobId(), {
  description: `${JOB_ID_TEXT} Only the jobs with a malformed ID are rejected, not the whole request.`,
});

/**
 * This schema checks only the length of a callback URL. The function `checkCallback` checks whether the config allows
 * the URL.
 */
export const CallbackUrl = limitedTextSchema({ min: 1, max: 2000 });

/**
 * Fields that name the watched jobs or the watched operation. Each request body contains exactly one of the fields
 * `jobId`, `jobIds` and `operation`.
 */
export const WATCHED_FIELDS = ["jobId", "jobIds", "operation"] as const;

/** The body of a request `POST /v1/jobs`. */
export const Submission = registerKeywords(
  z.strictObject({
    jobId: z.optional(OnlyJobId),
    jobIds: z.optional(
      registerKeywords(
        listSchema(
          ListedJobId,
          z.minLength(1, "must have at least 1 job"),
          z.maxLength(MAX_JOBS, `must have at most ${MAX_JOBS} jobs`),
        ),
        { contains: { type: "string", ...JOB_ID_KEYWORDS } },
      ),
    ),
    operation: z.optional(Operation),
    project: withDescription(
      z.optional(Name),
      "The name of a configured project. The default is the operator's default project.",
    ),
    notify: withDescription(
      z.optional(listSchema(Name, z.maxLength(MAX_NOTIFY, `must have at most ${MAX_NOTIFY} targets`))),
      "The names of configured targets to notify. The order and repetitions have no effect. The default is all default targets of the operator that the caller may use. An empty array notifies nobody.",
    ),
    callbackUrl: withDescription(
      z.optional(CallbackUrl),
      "The URL of the caller's own webhook. The operator must allow the host of the URL.",
    ),
    deadlineMinutes: withDescription(
      z.optional(numberSchema(z.positive(), z.maximum(MAX_DEADLINE_MINUTES))),
      "The time limit of the watch in minutes. At the time limit, the watch ends with the outcome `timed_out`.",
    ),
    until: withDescription(
      z.optional(Until),
      "With `ready`, the watch continues after the success of the job until what the job made, changed or deleted is usable or gone. The default is the key `until` of the project.",
    ),
    readyMinutes: withDescription(
      z.optional(ReadyMinutes),
      'The time limit in minutes, from the success of the job, of a watch with `until: "ready"`. Then the watch ends with the outcome `not_ready`. The default is the key `readyMinutes` of the project, which is 15.',
    ),
    digest: withDescription(
      z.optional(z.boolean()),
      "If true, each chat target gets only one message, after the last job in `jobIds` has ended.",
    ),
    context: z.optional(Context),
  }),
  {
    description: "Jobs or an operation to watch. Give exactly one of `jobId`, `jobIds` and `operation`.",
    // A rule with `oneOf` would be shorter, but code generators would then create types without names.
    if: { required: ["jobId"] },
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema here. Nothing awaits this object.
    then: { properties: { jobIds: { not: {} }, operation: { not: {} } } },
    else: {
      if: { required: ["jobIds"] },
      // biome-ignore lint/suspicious/noThenProperty: as above.
      then: { properties: { operation: { not: {} } } },
      else: { required: ["operation"] },
    },
  },
);
export type Submission = z.infer<typeof Submission>;
