import * as z from "zod";
import { Context, Name } from "../job.ts";
import { MAX_DEADLINE_MINUTES } from "../settings.ts";

/** One call may hand over so many jobs: ten batches of SQS. */
export const MAX_JOBS = 100;

/** A job ID as asked; whether it is one is checked job by job, so that one bad ID spoils no batch. */
const AskedJobId = z.string("must be a text").meta({
  description:
    "1 to 128 letters, digits, '.', '_', ':' or '-', starting with a letter or digit. One that is not is rejected alone.",
  examples: ["1e50bfbe-5b9e-11ef-8f52-0255ac10003e"],
});

/** The body of `POST /v1/jobs`. Exactly one of `jobId` and `jobIds` is given. */
export const Submission = z
  .strictObject({
    jobId: AskedJobId.optional(),
    jobIds: z
      .array(AskedJobId)
      .min(1, "names at least one job")
      .max(MAX_JOBS, `names at most ${MAX_JOBS} jobs`)
      .optional(),
    project: Name.optional().meta({ description: "A configured project; by default the operator's choice." }),
    notify: z.array(Name).max(50, "names at most 50 targets").optional().meta({
      description:
        "Configured targets to tell; order and repetition mean nothing. By default those of the operator's default targets that the caller may use.",
    }),
    callbackUrl: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .meta({
        description: "A webhook of the caller's own, at a host that the operator has listed.",
        examples: ["https://hooks.example.com/cce"],
      }),
    deadlineMinutes: z
      .number()
      .positive()
      .max(MAX_DEADLINE_MINUTES)
      .optional()
      .meta({ description: "When the watch ends as `timed_out` at the latest." }),
    digest: z
      .boolean()
      .optional()
      .meta({ description: "Tell each chat target once, when the last of `jobIds` has ended." }),
    context: Context.optional(),
  })
  .meta({
    description: "Jobs to watch, by exactly one of `jobId` and `jobIds`.",
    oneOf: [{ required: ["jobId"] }, { required: ["jobIds"] }],
  });
export type Submission = z.infer<typeof Submission>;
